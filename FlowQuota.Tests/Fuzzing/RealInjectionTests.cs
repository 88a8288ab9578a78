using FlowQuota.Tests.Apps;
using FlowQuota.Tests.Servers;

namespace FlowQuota.Tests.Fuzzing;

/// <summary>On Redis and MySQL (or MariaDB).</summary>
[NeedsServer(TestServers.MySqlVariable)]
public sealed class RealInjectionTests : InjectionSuite
{
    protected override Task<TestWorld> CreateWorldAsync() => TestWorld.RealAsync();
}
