using FlowQuota.Periods;
using Xunit;

namespace FlowQuota.Tests.Periods;

/// <summary>No rule that the API takes has an instant at which it throws, stands still or goes backwards.</summary>
public sealed class PeriodLimitsTests
{
    private static readonly DateTime First = DateTime.SpecifyKind(DateTime.MinValue, DateTimeKind.Utc);
    private static readonly DateTime Last = WallClock.LastInstant;

    [Theory]
    [InlineData("UTC")]
    [InlineData("America/New_York")]
    [InlineData("Asia/Tokyo")]
    [InlineData("Pacific/Apia")]
    [InlineData("Asia/Manila")]
    [InlineData("Etc/GMT+12")]
    public void The_ends_of_the_calendar_are_safe(string zone)
    {
        DateTime?[] anchors = [null, First, First.AddHours(7), new DateTime(2026, 1, 31, 23, 30, 0, DateTimeKind.Utc), Last.AddHours(-7), Last];
        DateTime[] instants = [First, First.AddMilliseconds(1), First.AddYears(5), new DateTime(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc), Last.AddYears(-5), Last.AddDays(-1), Last.AddMilliseconds(-1)];
        foreach (var unit in Enum.GetValues<PeriodUnit>())
        {
            foreach (int every in new[] { 1, PeriodRule.MostOf(unit) })
            {
                foreach (var anchor in anchors)
                {
                    PeriodRule rule = new(unit, every, 1, anchor, zone, null);
                    foreach (var instant in instants)
                        Check(rule, instant);
                    Assert.Equal(Last, rule.PeriodAt(DateTime.MaxValue).EndsAt);
                }
            }
        }
    }

    private static void Check(PeriodRule rule, DateTime instant)
    {
        string what = $"{rule.ToText()} at {instant:O}";
        var (startsAt, endsAt) = rule.PeriodAt(instant);
        Assert.True(startsAt <= instant && instant < endsAt, $"{what}: {startsAt:O} to {endsAt:O}");
        Assert.Equal((DateTimeKind.Utc, DateTimeKind.Utc), (startsAt.Kind, endsAt.Kind));
        var turn = rule.Turn(First, instant);
        Assert.True(turn.Periods >= 1 && turn.StartsAt <= instant && turn.EndsAt == endsAt, what);
        DateTime[] next = [instant, .. rule.NextBoundaries(instant, 5)];
        Assert.Equal(next.Distinct().Order(), next);
    }
}
