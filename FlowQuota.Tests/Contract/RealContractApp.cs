using FlowQuota.Tests.Apps;

namespace FlowQuota.Tests.Contract;

/// <summary>On Redis, MySQL or MariaDB, and Azurite.</summary>
public sealed class RealContractApp : ContractApp
{
    protected override Task<TestWorld> CreateWorldAsync() => TestWorld.RealAsync(azurite: true);
}
