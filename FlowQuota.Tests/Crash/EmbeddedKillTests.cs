using System.Globalization;
using Xunit;
using Xunit.Abstractions;

namespace FlowQuota.Tests.Crash;

/// <summary>
/// Invariant 16, no kill is special: 1-6 hold on the embedded stores too, over kill -9 at any instant. The process is killed
/// under load, sometimes again while it starts; afterwards the books balance, every answered call has its row, and no unit
/// was granted twice.
/// </summary>
[Collection(EmbeddedCrashCollection.Name)]
public sealed class EmbeddedKillTests(ITestOutputHelper output) : IAsyncLifetime
{
    private const int Tokens = 100;

    private readonly string _folder = Directory.CreateTempSubdirectory("flowquota-kill-").FullName;

    // With so small a limit a checkpoint is nearly always under way.
    private readonly string[] _logLimits = ["64", "1"];

    /// <summary>How often the process is killed under load.</summary>
    private static int Kills => Environment.GetEnvironmentVariable("FLOWQUOTA_TEST_KILLS") is { Length: > 0 } text
        ? int.Parse(text, CultureInfo.InvariantCulture)
        : 10;

    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync()
    {
        Directory.Delete(_folder, recursive: true);
        return Task.CompletedTask;
    }

    [Fact]
    public async Task Invariant16_the_books_balance_after_every_kill()
    {
        int answered = 0;
        for (int kill = 0; kill < Kills; kill++)
        {
            await using var world = new EmbeddedWorld(_folder, ("EMBEDDED_LOG_LIMIT_MB", _logLimits[kill % _logLimits.Length]));
            await world.App.StartAsync();
            await using var load = await SteadyLoad.StartAsync(world, Tokens, pause: TimeSpan.Zero);
            var random = new Random(load.Seed + kill);
            await load.GoesOnAsync(more: random.Next(100, 1500));
            await Task.Delay(random.Next(20));
            await world.App.KillAsync();
            if (random.Next(3) == 0)
                await KillWhileItStartsAsync(world.App, random);

            await world.App.StartAsync();
            await load.GoesOnAsync();
            await Books.AssertBalanceAsync(world, load);
            answered += load.Calls.Count(call => call.Status is not null);
            output.WriteLine($"Kill {kill + 1}: {load.Calls.Count} calls, {load.Calls.Count(call => call.Status is null)} without an answer, seed {load.Seed}");
        }

        output.WriteLine($"{Kills} kills, {answered} answered calls");
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
            // It ended before it answered, as it was meant to.
        }
    }
}
