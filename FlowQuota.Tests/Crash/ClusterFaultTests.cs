using FlowQuota.Redis;
using FlowQuota.Tests.Apps;
using FlowQuota.Tests.Servers;
using Xunit;
using Xunit.Abstractions;

namespace FlowQuota.Tests.Crash;

/// <summary>
/// Invariants 1-5, 9 and 15 on a Redis Cluster of six servers with 8 partitions: a slot moves while calls run, and a primary
/// dies and its replica takes over. The service recovers by itself. Writes that the dead primary had not replicated are lost
/// with their events, or are in SQL.
/// </summary>
[Collection(CrashCollection.Name)]
[Trait("Category", "Long")]
public sealed class ClusterFaultTests(CrashWorld world, ITestOutputHelper output)
{
    private const int SecondsToRecover = 20;

    private static readonly int Kills = Rounds.Of(few: 1, many: 20);

    [ServerFact(Redis = true, MySql = true)]
    public async Task A_slot_moves_under_load_and_then_its_primary_dies()
    {
        await world.RestoreAsync();
        await using var cluster = await RedisCluster.StartAsync();
        await using var failover = await FailoverWorld.StartAsync(world, "cluster", cluster.Addresses, partitions: 8);
        await using var load = await SteadyLoad.StartAsync(failover);
        output.WriteLine($"FLOWQUOTA_TEST_SEED={load.Seed}");
        await load.GoesOnAsync();
        var key = failover.Keyspace.Outbox(OutboxKind.Audit, failover.Keyspace.PartitionOf(load.Plenty.Id));

        var source = await cluster.PrimaryOfAsync(key);
        var target = await cluster.OtherPrimaryAsync(source);
        await cluster.MoveSlotAsync(key, target, async () =>
        {
            await load.IsRefusedAsync();
            await load.GoesOnAsync(more: 30);
        });
        await failover.ServesAsync(load, load.Plenty, SecondsToRecover);
        Assert.Equal(target, await cluster.PrimaryOfAsync(key));
        await load.GoesOnAsync();

        List<LoadCall> mayBeLost = [];
        for (int time = 0; time < Kills; time++)
        {
            await cluster.IsWholeAsync();
            var primary = await cluster.PrimaryOfAsync(key);
            int answered = load.Calls.Count;
            await cluster.ReplicaHasAllAsync(primary);
            await primary.KillAsync();
            await load.IsRefusedAsync();
            await failover.ServesAsync(load, load.Plenty, SecondsToRecover);
            mayBeLost.AddRange(load.Calls.Skip(answered));
            Assert.NotEqual(primary, await cluster.PrimaryOfAsync(key));
            await load.GoesOnAsync();
        }

        var (lost, mended) = await Books.AssertBalanceAsync(failover, load, everyRefusalIsRefunded: true, LostWrites.OfRedis(mayBeLost));
        output.WriteLine($"{lost} of {mayBeLost.Count} calls were lost, {mended} tokens were mended");
    }
}
