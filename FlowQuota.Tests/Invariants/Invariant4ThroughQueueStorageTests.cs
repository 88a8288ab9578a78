using FlowQuota.Tests.Apps;
using FlowQuota.Tests.Servers;
using Xunit;

namespace FlowQuota.Tests.Invariants;

/// <summary>Invariant 4 with doorbells that go through queue storage, so that any instance may answer any of them.</summary>
[Collection(AzuriteCollection.Name)]
public sealed class Invariant4ThroughQueueStorageTests
{
    // Queue storage is polled at most once a second, and the promise is less than 5 s.
    private const int Seconds = 5;

    [ServerFact(Redis = true, MySql = true, Azurite = true)]
    public async Task SQL_is_equal_within_5_s_of_the_last_call()
    {
        await using var world = await TestWorld.RealAsync(azurite: true);
        await SqlFollowsRedis.AssertAsync([await world.StartAppAsync(), await world.StartAppAsync()], Seconds);
    }
}
