using FlowQuota.Tests.Apps;
using FlowQuota.Tests.Servers;
using Xunit.Abstractions;

namespace FlowQuota.Tests.Fuzzing;

/// <summary>On Redis and MySQL (or MariaDB).</summary>
[NeedsServer(TestServers.MySqlVariable)]
public sealed class RealFuzzTests(ITestOutputHelper output) : FuzzSuite(output)
{
    protected override Task<TestWorld> CreateWorldAsync() => TestWorld.RealAsync();
}
