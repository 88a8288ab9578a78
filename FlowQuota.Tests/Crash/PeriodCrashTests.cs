using FlowQuota.Tests.Apps;
using FlowQuota.Tests.Servers;
using Xunit;
using Xunit.Abstractions;

namespace FlowQuota.Tests.Crash;

/// <summary>
/// Invariant 10, time changes a balance once: instances and Redis are killed under load around boundaries. Afterwards the
/// ledger balances, each boundary has one refill, and no period gave more than it had.
/// </summary>
[Collection(CrashCollection.Name)]
public sealed class PeriodCrashTests(CrashWorld world, ITestOutputHelper output)
{
    // A killed part is back before the next boundary, unless the machine is slow; then it is killed later than around it.
    private static readonly TimeSpan Between = TimeSpan.FromSeconds(3);

    [ServerFact(Redis = true, MySql = true, Azurite = true)]
    public async Task Invariant10_a_boundary_changes_a_balance_once_whoever_is_killed_around_it()
    {
        for (int round = 0; round < Rounds.Of(few: 1, many: 30); round++)
            await KillAroundBoundariesAsync(round);
    }

    private async Task KillAroundBoundariesAsync(int round)
    {
        await world.RestoreAsync();
        (string Who, CrashServer[] Servers)[] kills = round % 2 == 0
            ? [("an instance", [world.Apps[round / 2 % 2]]), ("Redis", [world.Redis])]
            : [("both instances", [.. world.Apps]), ("Redis and an instance", [world.Redis, world.Apps[0]])];
        var boundaries = Boundaries.Next(kills.Length, Between);
        await using var load = await Boundaries.StartLoadAsync(world, boundaries);
        output.WriteLine($"FLOWQUOTA_TEST_SEED={load.Seed}");
        var random = new Random(load.Seed);
        foreach (var (boundary, (who, servers)) in boundaries.Zip(kills))
        {
            await Boundaries.AroundAsync(boundary, random);
            output.WriteLine($"{who} killed {(DateTime.UtcNow - boundary).TotalMilliseconds:F0} ms after the boundary");
            await Task.WhenAll(servers.Select(server => server.KillAsync()));
            await Task.WhenAll(servers.Select(server => server.StartAsync()));
            await load.GoesOnAsync(more: 50);
        }

        await Boundaries.AssertOnceAsync(world, load, boundaries);
    }
}
