using FlowQuota.Tests.Apps;
using FlowQuota.Tests.Contract;

namespace FlowQuota.Tests.Client;

/// <summary>On Redis, and MySQL or MariaDB; without queues, so that it need not wait for other tests.</summary>
public sealed class RealClientApp : ContractApp
{
    protected override Task<TestWorld> CreateWorldAsync() => TestWorld.RealAsync();
}
