using System.Globalization;
using FlowQuota.Periods;
using FlowQuota.Tests.Apps;
using Xunit;

namespace FlowQuota.Tests.Crash;

/// <summary>Tokens of a load whose periods end within seconds, and the checks of invariant 10 on their rows.</summary>
internal static class Boundaries
{
    private const int TokensOfEach = 3;
    private const int Amount = 40;
    private const int CarryOver = 5;

    // Enough to make the tokens before the first.
    private static readonly TimeSpan ToFirst = TimeSpan.FromSeconds(4);

    /// <summary>So many instants from a short time on.</summary>
    public static DateTime[] Next(int count, TimeSpan between)
    {
        var now = DateTime.UtcNow + ToFirst;
        var first = now.AddTicks(-(now.Ticks % TimeSpan.TicksPerSecond));
        return [.. Enumerable.Range(0, count).Select(n => first + (n * between))];
    }

    /// <summary>Starts a load over tokens whose hours end at these instants.</summary>
    public static Task<SteadyLoad> StartLoadAsync(ILoadWorld world, IEnumerable<DateTime> boundaries) => SteadyLoad.StartAsync(
        world, asked: [.. boundaries.SelectMany(boundary => Enumerable.Repeat(Fields(boundary), TokensOfEach))]);

    /// <summary>Waits until shortly before or after a boundary.</summary>
    public static async Task AroundAsync(DateTime boundary, Random random)
    {
        var left = boundary.AddMilliseconds(random.Next(-60, 120)) - DateTime.UtcNow;
        if (left > TimeSpan.Zero)
            await Task.Delay(left);
    }

    /// <summary>Checks that the books balance, and that each boundary which was passed changed each balance once.</summary>
    public static async Task AssertOnceAsync(ILoadWorld world, SteadyLoad load, IReadOnlyList<DateTime> boundaries)
    {
        await load.StopAsync();
        foreach (var token in load.Asked)
            await Eventually.TrueAsync(async () => await load.CallAsync(world.Apps[0], token) is { Status: 200 or 429 });
        await Books.AssertBalanceAsync(world, load);

        await using var connection = await world.OpenSqlAsync();
        int turned = 0;
        foreach (var (token, n) in load.Asked.Select((token, n) => (token, n)))
        {
            var rows = await StoredLedger.ReadAsync(connection, token.Id);
            StoredLedger.AssertWhole(rows);
            PeriodRows.AssertOnce(rows, Rule(boundaries[n / TokensOfEach]));
            var first = PeriodState.Parse(rows[0].PeriodState)!;
            int refills = rows.Count(row => row.Action == "refill" && row.EffectiveAt == first.EndsAt);
            Assert.Equal(first.EndsAt <= DateTime.UtcNow ? 1 : 0, refills);
            turned += refills;
        }

        Assert.NotEqual(0, turned);
    }

    private static PeriodRule Rule(DateTime boundary) => new(PeriodUnit.Hour, 1, Amount, boundary, "UTC", CarryOver);

    private static object Fields(DateTime boundary) => new
    {
        ws_id = "ws",
        email = "a@example.com",
        operation = "unlimited",
        quota_type = "count",
        period = new
        {
            unit = "hour",
            amount = Amount,
            anchor = boundary.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture),
            time_zone = "UTC",
            carry_over = CarryOver,
        },
    };
}
