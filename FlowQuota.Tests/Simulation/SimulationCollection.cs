using Xunit;

namespace FlowQuota.Tests.Simulation;

/// <summary>A simulation runs while no other test wants the processor: a call that times out is one that its model does not know.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class SimulationCollection
{
    public const string Name = "Simulation";
}
