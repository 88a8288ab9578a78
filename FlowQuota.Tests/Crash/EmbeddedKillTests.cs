using FlowQuota.Tests.Apps;
using Xunit;
using Xunit.Abstractions;

namespace FlowQuota.Tests.Crash;

/// <summary>
/// Invariant 16, no kill is special: 1-6 hold on the embedded stores too, over kill -9 at any instant. The process is killed
/// under load, sometimes again while it starts. Afterwards the ledger balances, every answered call has its row, and no unit
/// was granted twice.
/// </summary>
public sealed class EmbeddedKillTests(KilledFolder folder, ITestOutputHelper output) : IClassFixture<KilledFolder>
{
    private const int Tokens = 100;

    /// <summary>One for each kill; all over the same data.</summary>
    public static TheoryData<int> Kills => [.. Enumerable.Range(1, Rounds.Of(few: 2, many: 50))];

    [Theory]
    [MemberData(nameof(Kills))]
    public async Task Invariant16_the_books_balance_after_every_kill(int kill)
    {
        // With so small a limit a checkpoint is nearly always under way.
        string logLimit = kill % 2 == 0 ? "1" : "64";
        await using var world = new EmbeddedWorld(folder.Path, ("EMBEDDED_LOG_LIMIT_MB", logLimit));
        await world.App.StartAsync();
        await using var load = await SteadyLoad.StartAsync(world, Tokens, pause: TimeSpan.Zero);
        var random = new Random(load.Seed + kill);
        await load.GoesOnAsync(more: random.Next(100, 1500));
        // Any instant will do.
        await Task.Delay(random.Next(20));
        await world.App.KillAsync();
        if (random.Next(3) == 0)
            await KillWhileItStartsAsync(world.App, random);

        await world.App.StartAsync();
        await load.GoesOnAsync();
        await Books.AssertBalanceAsync(world, load);
        output.WriteLine($"{load.Calls.Count(call => call.Status is not null)} answered calls, {load.Calls.Count(call => call.Status is null)} without an answer, seed {load.Seed}");
    }

    private static async Task KillWhileItStartsAsync(SelfHostProcess app, Random random)
    {
        var start = app.StartAsync();
        await Task.Delay(random.Next(1000));
        await app.KillAsync();
        try
        {
            await start;
        }
        catch (InvalidOperationException)
        {
            // It ended before it answered, as intended.
        }
    }
}
