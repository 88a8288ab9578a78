using FlowQuota.Tests.Apps;

namespace FlowQuota.Tests.Auditing;

public sealed class EmbeddedLedgerVerificationTests : LedgerVerificationSuite
{
    private protected override Task<TestWorld> StartAsync() => Task.FromResult(TestWorld.Embedded());
}
