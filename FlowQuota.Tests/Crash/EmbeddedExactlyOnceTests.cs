using FlowQuota.Tests.Apps;
using Xunit;
using Xunit.Abstractions;

namespace FlowQuota.Tests.Crash;

/// <summary>
/// Invariants 11, 12 and 16: the self-host with its embedded stores is killed under callers who repeat each request under its
/// key until they know.
/// </summary>
public sealed class EmbeddedExactlyOnceTests(KilledFolder folder, ITestOutputHelper output) : IClassFixture<KilledFolder>
{
    [Fact]
    public async Task Invariant11_12_Each_request_is_charged_once_and_each_reservation_ends_once_over_kills()
    {
        await using var world = new EmbeddedWorld(folder.Path);
        await world.App.StartAsync();
        await using var load = await SteadyLoad.StartAsync(world, pause: TimeSpan.FromMilliseconds(100));
        output.WriteLine($"FLOWQUOTA_TEST_SEED={load.Seed}");
        var random = new Random(load.Seed);
        await using var retrying = await RetryingLoad.StartAsync(world, load.Seed);
        for (int kill = 0; kill < Rounds.Of(few: 2, many: 100); kill++)
        {
            await retrying.GoesOnAsync(more: random.Next(50, 150));
            await world.App.KillAsync();
            await world.App.StartAsync();
        }

        await retrying.GoesOnAsync(more: 50);
        await retrying.StopAsync();
        await Books.AssertBalanceAsync(world, load);
        await retrying.AssertOnceAsync();
    }
}
