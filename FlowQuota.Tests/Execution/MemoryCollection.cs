using Xunit;

namespace FlowQuota.Tests.Execution;

/// <summary>For tests that read the memory of the whole process: nothing else may run meanwhile.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class MemoryCollection
{
    public const string Name = "Memory";
}
