using Xunit;

namespace FlowQuota.Tests.Telemetry;

/// <summary>Tests with listeners, or that must be sure that there are none: listeners are process-wide, so these run alone.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class TraceCollection
{
    public const string Name = "traces";
}
