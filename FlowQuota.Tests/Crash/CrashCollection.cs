using Xunit;

namespace FlowQuota.Tests.Crash;

/// <summary>The crash tests share one world, and run while no other test wants the processor.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class CrashCollection : ICollectionFixture<CrashWorld>
{
    public const string Name = "Crash";
}
