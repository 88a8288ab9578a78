using FlowQuota.Tests.Apps;
using FlowQuota.Tests.Servers;

namespace FlowQuota.Tests.Auditing;

[NeedsServer(TestServers.MySqlVariable)]
public sealed class RealLedgerVerificationTests : LedgerVerificationSuite
{
    private protected override Task<TestWorld> StartAsync() => TestWorld.RealAsync();
}
