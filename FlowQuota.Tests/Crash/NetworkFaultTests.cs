using System.Globalization;
using FlowQuota.Tests.Servers;
using Xunit;
using Xunit.Abstractions;

namespace FlowQuota.Tests.Crash;

/// <summary>
/// Invariants 1-5, 9 and 15 over a network that delays, loses, cuts, half-closes and resets what passes between FlowQuota and
/// its servers: afterwards the books balance, every answered call has its row, no refused call stays charged, and a change
/// that its admin repeated under one id was applied once.
/// </summary>
[Collection(CrashCollection.Name)]
public sealed class NetworkFaultTests(CrashWorld world, ITestOutputHelper output)
{
    private static readonly TimeSpan Duration = TimeSpan.FromSeconds(
        Environment.GetEnvironmentVariable("FLOWQUOTA_TEST_FAULT_SECONDS") is { Length: > 0 } text ? int.Parse(text, CultureInfo.InvariantCulture) : 10);

    [ServerFact(Redis = true, MySql = true)]
    public async Task The_network_to_Redis_misbehaves() => await MisbehaveAsync(redis: true, sql: false);

    [ServerFact(Redis = true, MySql = true)]
    public async Task The_network_to_SQL_misbehaves() => await MisbehaveAsync(redis: false, sql: true);

    private async Task MisbehaveAsync(bool redis, bool sql)
    {
        await world.RestoreAsync();
        int seed = SteadyLoad.NextSeed();
        output.WriteLine($"FLOWQUOTA_TEST_SEED={seed}");
        await using var network = await NetworkWorld.StartAsync(world, seed);
        await using var load = await SteadyLoad.StartAsync(network);
        await load.GoesOnAsync();
        if (redis)
            network.Redis.Misbehave();
        if (sql)
            network.Sql.Misbehave();
        await Task.Delay(Duration);
        network.Redis.Heal();
        network.Sql.Heal();
        output.WriteLine($"Redis: {string.Join(", ", network.Redis.Faults)}; SQL: {string.Join(", ", network.Sql.Faults)}");
        Assert.NotEmpty(redis ? network.Redis.Faults : network.Sql.Faults);
        await load.GoesOnAsync();
        await Books.AssertBalanceAsync(network, load, everyRefusalIsRefunded: true);
        output.WriteLine(string.Join('\n', load.Calls.GroupBy(call => (call.Kind, call.Status)).OrderBy(group => group.Key)
            .Select(group => $"{group.Key.Kind} {group.Key.Status?.ToString(CultureInfo.InvariantCulture) ?? "no answer"}: {group.Count()}")));
    }
}
