using FlowQuota.Periods;
using Xunit;

namespace FlowQuota.Tests.Periods;

/// <summary>
/// The boundaries are those of a second implementation, which asks of each local day whether one falls on it, and samples the
/// offsets of the zone. 60 zones, ten years each, every unit, with and without an anchor.
/// </summary>
public sealed class PeriodReferenceTests
{
    private static readonly string[] Zones =
    [
        "Africa/Abidjan", "Africa/Cairo", "Africa/Casablanca", "Africa/Johannesburg", "Africa/Lagos", "Africa/Nairobi", "Africa/Tripoli",
        "Africa/Windhoek", "America/Anchorage", "America/Argentina/San_Luis", "America/Asuncion", "America/Caracas", "America/Chicago",
        "America/Halifax", "America/Havana", "America/Los_Angeles", "America/Mexico_City", "America/New_York", "America/Noronha",
        "America/Nuuk", "America/Phoenix", "America/Port-au-Prince", "America/Santiago", "America/Sao_Paulo", "America/St_Johns",
        "Antarctica/Casey", "Antarctica/Troll", "Asia/Amman", "Asia/Baghdad", "Asia/Colombo", "Asia/Dhaka", "Asia/Dubai", "Asia/Gaza",
        "Asia/Hovd", "Asia/Jerusalem", "Asia/Kathmandu", "Asia/Kolkata", "Asia/Pyongyang", "Asia/Shanghai", "Asia/Singapore",
        "Asia/Tokyo", "Asia/Yangon", "Atlantic/Azores", "Atlantic/Reykjavik", "Australia/Adelaide", "Australia/Brisbane",
        "Australia/Eucla", "Australia/Lord_Howe", "Australia/Sydney", "Etc/UTC", "Europe/Berlin", "Europe/Dublin", "Europe/Istanbul",
        "Europe/London", "Europe/Moscow", "Europe/Volgograd", "Pacific/Apia", "Pacific/Auckland", "Pacific/Chatham", "Pacific/Tongatapu",
    ];

    [Fact]
    public void Boundaries_are_those_of_a_second_implementation()
    {
        for (int i = 0; i < Zones.Length; i++)
        {
            Random random = new(i);
            DateTime from = new(random.Next(1996, 2011), 1, 1, 0, 0, 0, DateTimeKind.Utc);
            var to = from.AddYears(10);
            // The boundaries of the longest periods around these years are compared, too.
            SampledZone zone = new(Zones[i], from.AddDays(-3), to.AddDays(3));
            foreach (var unit in Enum.GetValues<PeriodUnit>())
            {
                foreach (int every in new[] { 1, random.Next(2, PeriodRule.MostOf(unit) + 1) })
                {
                    Compare(new PeriodRule(unit, every, 1, null, Zones[i], null), zone, from, to, random);
                    Compare(new PeriodRule(unit, every, 1, RandomInstant(from, to, random), Zones[i], null), zone, from, to, random);
                }
            }
        }
    }

    private static void Compare(PeriodRule rule, SampledZone zone, DateTime from, DateTime to, Random random)
    {
        var expected = Boundaries(rule, zone, from, to);

        for (int probe = 0; probe < 40; probe++)
        {
            // Every second instant is within a second of a boundary.
            var instant = probe % 2 == 0 || expected.Count == 0
                ? RandomInstant(from, to, random)
                : expected[random.Next(expected.Count)].AddMilliseconds(random.Next(-2, 3) * 500);
            int next = IndexAfter(expected, instant);
            var (startsAt, endsAt) = rule.PeriodAt(instant);
            Assert.True(startsAt <= instant && instant < endsAt, $"{rule.ToText()} at {instant:O}");
            if (next == 0 || next == expected.Count)
                continue;
            Assert.Equal((rule, instant, expected[next - 1], expected[next]), (rule, instant, startsAt, endsAt));

            // From the boundary before, or from an end that is no boundary of this rule.
            int first = random.Next(next);
            var ended = expected[first].AddMinutes(random.Next(2));
            if (ended > instant)
                continue;
            int passed = next - IndexAfter(expected, ended);
            Assert.Equal(new PeriodTurn(1 + passed, passed == 0 ? ended : expected[next - 1], expected[next]), rule.Turn(ended, instant));
        }
    }

    private static List<DateTime> Boundaries(PeriodRule rule, SampledZone zone, DateTime from, DateTime to)
    {
        var origin = rule.Anchor is { } anchor ? zone.LocalAt(anchor)
            : rule.Unit == PeriodUnit.Week ? new DateTime(2000, 1, 3) : new DateTime(2000, 1, 1);
        List<DateTime> boundaries = [];
        if (rule.Unit == PeriodUnit.Hour)
        {
            var hour = rule.Anchor ?? OffsetOf2000(rule.TimeZone);
            var step = TimeSpan.FromHours(rule.Every);
            while (hour > from)
                hour -= step;
            for (; hour < to; hour += step)
            {
                if (hour > from)
                    boundaries.Add(hour);
            }

            return boundaries;
        }

        for (var day = from.Date.AddDays(-1); day <= to.AddDays(1); day = day.AddDays(1))
        {
            if (FallsOn(rule, origin, day))
                boundaries.Add(zone.FirstInstantOf(DateTime.SpecifyKind(day, DateTimeKind.Unspecified) + origin.TimeOfDay));
        }

        return [.. boundaries.Distinct().Where(boundary => boundary > from && boundary < to)];
    }

    private static bool FallsOn(PeriodRule rule, DateTime origin, DateTime day)
    {
        int days = (int)(day.Date - origin.Date).TotalDays;
        int months = ((day.Year - origin.Year) * 12) + day.Month - origin.Month;
        bool isDayOfMonth = day.Day == origin.Day || (day.Day < origin.Day && day.AddDays(1).Month != day.Month);
        return rule.Unit switch
        {
            PeriodUnit.Day => days % rule.Every == 0,
            PeriodUnit.Week => days % (7 * rule.Every) == 0,
            PeriodUnit.Month => isDayOfMonth && months % rule.Every == 0,
            _ => isDayOfMonth && day.Month == origin.Month && months % (12 * rule.Every) == 0,
        };
    }

    private static int IndexAfter(List<DateTime> boundaries, DateTime instant)
    {
        int index = boundaries.BinarySearch(instant);
        return index < 0 ? ~index : index + 1;
    }

    private static DateTime OffsetOf2000(string zone)
    {
        DateTime utc = new(2000, 1, 1, 0, 0, 0, DateTimeKind.Utc);
        return utc - TimeZoneInfo.FindSystemTimeZoneById(zone).GetUtcOffset(utc);
    }

    private static DateTime RandomInstant(DateTime from, DateTime to, Random random) => from.AddMinutes(random.NextInt64((long)(to - from).TotalMinutes));
}
