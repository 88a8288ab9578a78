using FlowQuota.Tests.Apps;
using FlowQuota.Tests.Servers;
using Xunit;
using Xunit.Abstractions;

namespace FlowQuota.Tests.Crash;

/// <summary>
/// Invariants 11 and 12: instances, Redis and MariaDB are killed under callers who repeat each request under its key until they know.
/// Afterwards each was charged once, each reservation has ended once, and the books balance.
/// </summary>
[Collection(CrashCollection.Name)]
public sealed class ExactlyOnceCrashTests(CrashWorld world, ITestOutputHelper output)
{
    [ServerFact(Redis = true, MySql = true, Azurite = true)]
    public async Task Invariant11_12_Each_request_is_charged_once_and_each_reservation_ends_once_whoever_is_killed()
    {
        await world.RestoreAsync();
        await using var load = await SteadyLoad.StartAsync(world, pause: TimeSpan.FromMilliseconds(100));
        output.WriteLine($"FLOWQUOTA_TEST_SEED={load.Seed}");
        var random = new Random(load.Seed);
        await using var retrying = await RetryingLoad.StartAsync(world, load.Seed);
        for (int kill = 0; kill < Rounds.Of(few: 4, many: 100); kill++)
        {
            await retrying.GoesOnAsync(more: random.Next(50, 150));
            CrashServer[] victims = (kill % 4) switch
            {
                0 => [world.Apps[kill / 4 % 2]],
                1 => [world.Redis],
                2 => [world.MariaDb],
                _ => [world.Redis, world.Apps[kill / 4 % 2]],
            };
            await Task.WhenAll(victims.Select(server => server.KillAsync()));
            await Task.WhenAll(victims.Select(server => server.StartAsync()));
        }

        await retrying.GoesOnAsync(more: 50);
        await retrying.StopAsync();
        await Books.AssertBalanceAsync(world, load);
        await retrying.AssertOnceAsync();
    }
}
