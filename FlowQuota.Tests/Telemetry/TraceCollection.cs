using Xunit;

namespace FlowQuota.Tests.Telemetry;

/// <summary>Tests that listen, or that must be sure that nobody does: listeners are the process's, so these run alone.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class TraceCollection
{
    public const string Name = "traces";
}
