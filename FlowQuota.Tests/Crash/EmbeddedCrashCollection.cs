using Xunit;

namespace FlowQuota.Tests.Crash;

/// <summary>The tests that kill or starve the embedded stores run while no other test uses the processor.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class EmbeddedCrashCollection
{
    public const string Name = "Embedded crash";
}
