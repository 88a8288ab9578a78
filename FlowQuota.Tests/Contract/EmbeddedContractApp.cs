using FlowQuota.Tests.Apps;

namespace FlowQuota.Tests.Contract;

/// <summary>On Garnet, SQLite and queues in the process.</summary>
public sealed class EmbeddedContractApp : ContractApp
{
    protected override Task<TestWorld> CreateWorldAsync() => Task.FromResult(TestWorld.Embedded());
}
