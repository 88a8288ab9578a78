using FlowQuota.Tests.Apps;
using FlowQuota.Tests.Servers;
using Xunit;

namespace FlowQuota.Tests.Invariants;

/// <summary>Invariant 4: SQL never goes backwards and ends equal to Redis, by the doorbells alone.</summary>
public sealed class Invariant4SqlFollowsTests
{
    private const int Seconds = 3;

    [ServerFact(Redis = true, MySql = true)]
    public async Task SQL_of_two_instances_is_equal_within_3_s_of_the_last_call()
    {
        await using var world = await TestWorld.RealAsync();
        await SqlFollowsRedis.AssertAsync([await world.StartAppAsync(), await world.StartAppAsync()], Seconds);
    }

    [Fact]
    public async Task Embedded_SQL_is_equal_within_3_s_of_the_last_call()
    {
        await using var world = TestWorld.Embedded();
        await SqlFollowsRedis.AssertAsync([await world.StartAppAsync()], Seconds);
    }
}
