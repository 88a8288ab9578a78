using FlowQuota.Tests.Apps;
using Xunit;
using Xunit.Abstractions;

namespace FlowQuota.Tests.Crash;

/// <summary>Invariants 10 and 16: the self-host with its embedded stores is killed under load around boundaries.</summary>
[Collection(EmbeddedCrashCollection.Name)]
public sealed class EmbeddedPeriodKillTests(KilledFolder folder, ITestOutputHelper output) : IClassFixture<KilledFolder>
{
    private static readonly TimeSpan Between = TimeSpan.FromSeconds(3);

    /// <summary>Numbers of rounds, all over the same data.</summary>
    public static TheoryData<int> Numbers => [.. Enumerable.Range(1, Rounds.Of(few: 1, many: 30))];

    [Theory]
    [MemberData(nameof(Numbers))]
    public async Task Invariant10_a_boundary_changes_a_balance_once_if_the_process_is_killed_around_it(int round)
    {
        await using var world = new EmbeddedWorld(folder.Path);
        await world.App.StartAsync();
        var boundaries = Boundaries.Next(count: 2, Between);
        await using var load = await Boundaries.StartLoadAsync(world, boundaries);
        output.WriteLine($"round {round}, FLOWQUOTA_TEST_SEED={load.Seed}");
        var random = new Random(load.Seed);
        foreach (var boundary in boundaries)
        {
            await Boundaries.AroundAsync(boundary, random);
            await world.App.KillAsync();
            await world.App.StartAsync();
            await load.GoesOnAsync(more: 50);
        }

        await Boundaries.AssertOnceAsync(world, load, boundaries);
    }
}
