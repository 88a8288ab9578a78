using System.Globalization;
using FlowQuota.Tests.Apps;
using FlowQuota.Tests.Servers;
using Xunit;
using Xunit.Abstractions;

namespace FlowQuota.Tests.Crash;

/// <summary>
/// Invariants 1-5, 9 and 15 over a network that delays, loses, cuts, half-closes and resets the traffic between FlowQuota and
/// its servers. Afterwards the ledger balances, every answered call has its row, no refused call stays charged, and a change
/// that its admin repeated under one id was applied once.
/// </summary>
[Collection(CrashCollection.Name)]
public sealed class NetworkFaultTests(CrashWorld world, ITestOutputHelper output)
{
    private static readonly TimeSpan Duration = TimeSpan.FromSeconds(Rounds.Of(few: 6, many: 120));

    [ServerFact(Redis = true, MySql = true)]
    public async Task The_network_to_Redis_misbehaves() => await MisbehaveAsync(redis: true, sql: false);

    [ServerFact(Redis = true, MySql = true)]
    public async Task The_network_to_SQL_misbehaves() => await MisbehaveAsync(redis: false, sql: true);

    private async Task MisbehaveAsync(bool redis, bool sql)
    {
        await world.RestoreAsync();
        int seed = Rounds.NextSeed();
        output.WriteLine($"FLOWQUOTA_TEST_SEED={seed}");
        await using var network = await NetworkWorld.StartAsync(world, seed);
        await using var load = await SteadyLoad.StartAsync(network);
        await load.GoesOnAsync();
        if (redis)
            network.RedisProxy.Misbehave();
        if (sql)
            network.SqlProxy.Misbehave();
        await Task.Delay(Duration);
        network.RedisProxy.Heal();
        network.SqlProxy.Heal();
        output.WriteLine($"Redis: {string.Join(", ", network.RedisProxy.Faults)}; SQL: {string.Join(", ", network.SqlProxy.Faults)}");
        Assert.NotEmpty(redis ? network.RedisProxy.Faults : network.SqlProxy.Faults);
        await load.GoesOnAsync();
        await Books.AssertBalanceAsync(network, load, everyRefusalIsRefunded: true);
        output.WriteLine(string.Join('\n', load.Calls.GroupBy(call => (call.Kind, call.Status)).OrderBy(group => group.Key)
            .Select(group => $"{group.Key.Kind} {group.Key.Status?.ToString(CultureInfo.InvariantCulture) ?? "no answer"}: {group.Count()}")));
    }
}
