using System.Globalization;
using FlowQuota.Periods;
using Xunit;

namespace FlowQuota.Tests.Periods;

/// <summary>Boundaries that were looked up in a calendar by hand, where the clocks were set or months have no such day.</summary>
public sealed class PeriodRuleTests
{
    [Theory]
    // The days have 23 and 25 hours.
    [InlineData("day 1 - Europe/Berlin", "2026-03-28T12:00Z", "2026-03-28T23:00Z 2026-03-29T22:00Z 2026-03-30T22:00Z")]
    [InlineData("day 1 - Europe/Berlin", "2026-10-24T12:00Z", "2026-10-24T22:00Z 2026-10-25T23:00Z 2026-10-26T23:00Z")]
    // 02:30 does not exist on the first of these days, and exists twice on the second.
    [InlineData("day 1 2026-03-01T01:30Z Europe/Berlin", "2026-03-28T12:00Z", "2026-03-29T01:00Z 2026-03-30T00:30Z")]
    [InlineData("day 1 2026-03-01T01:30Z Europe/Berlin", "2026-10-24T12:00Z", "2026-10-25T00:30Z 2026-10-26T01:30Z")]
    // Lord Howe sets its clocks by half an hour.
    [InlineData("day 1 - Australia/Lord_Howe", "2026-04-04T00:00Z", "2026-04-04T13:00Z 2026-04-05T13:30Z")]
    // Midnight did not exist.
    [InlineData("day 1 - America/Sao_Paulo", "2018-11-03T12:00Z", "2018-11-04T03:00Z 2018-11-05T02:00Z")]
    // 30 December 2011 did not exist, so its boundary and that of the 31st are one instant.
    [InlineData("day 1 - Pacific/Apia", "2011-12-29T00:00Z", "2011-12-29T10:00Z 2011-12-30T10:00Z 2011-12-31T10:00Z")]
    [InlineData("week 1 2011-12-16T22:00Z Pacific/Apia", "2011-12-24T00:00Z", "2011-12-30T10:00Z 2012-01-05T22:00Z")]
    [InlineData("day 1 - Asia/Tokyo", "2026-03-28T12:00Z", "2026-03-28T15:00Z 2026-03-29T15:00Z")]
    [InlineData("week 1 - Asia/Tokyo", "2026-03-28T12:00Z", "2026-03-29T15:00Z 2026-04-05T15:00Z")]
    [InlineData("week 2 - UTC", "2000-01-01T00:00Z", "2000-01-03T00:00Z 2000-01-17T00:00Z")]
    [InlineData("month 3 - UTC", "2026-02-03T00:00Z", "2026-04-01T00:00Z 2026-07-01T00:00Z 2026-10-01T00:00Z 2027-01-01T00:00Z")]
    [InlineData("month 1 - Europe/Berlin", "2026-03-03T00:00Z", "2026-03-31T22:00Z 2026-04-30T22:00Z")]
    [InlineData("year 1 - Asia/Tokyo", "2026-03-03T00:00Z", "2026-12-31T15:00Z 2027-12-31T15:00Z")]
    [InlineData("year 5 - UTC", "1988-03-03T00:00Z", "1990-01-01T00:00Z 1995-01-01T00:00Z 2000-01-01T00:00Z")]
    [InlineData("month 1 2026-01-29T09:00Z UTC", "2026-01-29T09:00Z", "2026-02-28T09:00Z 2026-03-29T09:00Z")]
    [InlineData("month 1 2027-12-30T09:00Z UTC", "2027-12-30T09:00Z", "2028-01-30T09:00Z 2028-02-29T09:00Z 2028-03-30T09:00Z")]
    [InlineData("month 1 2026-01-31T09:00Z UTC", "2026-01-31T09:00Z", "2026-02-28T09:00Z 2026-03-31T09:00Z 2026-04-30T09:00Z 2026-05-31T09:00Z")]
    // The anchor may lie in the future; periods are counted backwards from it, too.
    [InlineData("month 1 2030-01-31T09:00Z UTC", "2026-01-31T09:00Z", "2026-02-28T09:00Z 2026-03-31T09:00Z")]
    [InlineData("year 1 2024-02-29T00:00Z UTC", "2024-03-01T00:00Z", "2025-02-28T00:00Z 2026-02-28T00:00Z 2027-02-28T00:00Z 2028-02-29T00:00Z")]
    // Hours pass whatever the clocks do, and begin at local midnight of the origin.
    [InlineData("hour 6 - Europe/Berlin", "2026-03-28T20:00Z", "2026-03-28T23:00Z 2026-03-29T05:00Z 2026-03-29T11:00Z")]
    [InlineData("hour 1 - Asia/Kolkata", "2026-03-28T20:00Z", "2026-03-28T20:30Z 2026-03-28T21:30Z")]
    [InlineData("hour 24 2026-03-28T07:15Z Europe/Berlin", "2026-03-28T20:00Z", "2026-03-29T07:15Z 2026-03-30T07:15Z")]
    public void Boundaries_are_those_of_the_calendar(string rule, string after, string expected)
    {
        string[] boundaries = expected.Split(' ');

        Assert.Equal(boundaries.Select(Utc), Rule(rule).NextBoundaries(Utc(after), boundaries.Length));
    }

    [Fact]
    public void A_period_begins_with_its_first_instant_and_ends_before_the_next()
    {
        var rule = Rule("month 1 - Europe/Berlin");
        PeriodBounds march = new(Utc("2026-02-28T23:00Z"), Utc("2026-03-31T22:00Z"));

        Assert.Equal(march, rule.PeriodAt(march.StartsAt));
        Assert.Equal(march, rule.PeriodAt(march.EndsAt.AddTicks(-1)));
        Assert.Equal(march.EndsAt, rule.PeriodAt(march.EndsAt).StartsAt);
        Assert.Equal(DateTimeKind.Utc, march.StartsAt.Kind);
    }

    [Fact]
    public void A_turn_counts_every_period_that_passed()
    {
        var rule = Rule("hour 1 - UTC");
        var ended = Utc("2016-01-01T00:00Z");

        Assert.Equal(new PeriodTurn(1, ended, ended.AddHours(1)), rule.Turn(ended, ended));
        Assert.Equal(new PeriodTurn(1, ended, ended.AddHours(1)), rule.Turn(ended, ended.AddMinutes(59)));
        Assert.Equal(new PeriodTurn(87_673, Utc("2026-01-01T00:00Z"), Utc("2026-01-01T01:00Z")), rule.Turn(ended, Utc("2026-01-01T00:00Z")));
    }

    /// <summary>An admin changed the rule, and the balance's period still ended by the one before.</summary>
    [Fact]
    public void A_turn_begins_with_the_end_that_an_earlier_rule_set()
    {
        var rule = Rule("month 1 - UTC");
        var ended = Utc("2026-03-17T05:00Z");

        Assert.Equal(new PeriodTurn(1, ended, Utc("2026-04-01T00:00Z")), rule.Turn(ended, Utc("2026-03-31T00:00Z")));
        Assert.Equal(new PeriodTurn(3, Utc("2026-05-01T00:00Z"), Utc("2026-06-01T00:00Z")), rule.Turn(ended, Utc("2026-05-02T00:00Z")));
    }

    [Theory]
    [InlineData("month 1 10000 - Europe/Berlin 2000")]
    [InlineData("hour 8760 1 - UTC 0")]
    [InlineData("day 366 2147483647 -62135596800000 America/Argentina/ComodRivadavia *")]
    [InlineData("year 5 7 253402300799999 Etc/GMT+5 2147483647")]
    public void A_rule_reads_what_it_wrote(string text)
    {
        var rule = PeriodRule.Parse(text);

        Assert.Equal(text, rule!.ToText());
        Assert.Equal(rule, PeriodRule.Parse(rule.ToText()));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    public void No_text_is_no_rule(string? text) => Assert.Null(PeriodRule.Parse(text));

    [Theory]
    [InlineData("month")]
    [InlineData("month 1 10000 - Europe/Berlin")]
    [InlineData("month 1 10000 - Europe/Berlin 2000 ")]
    [InlineData("Month 1 10000 - Europe/Berlin 2000")]
    [InlineData("minute 1 10000 - Europe/Berlin 2000")]
    [InlineData("month 0 10000 - Europe/Berlin 2000")]
    [InlineData("month 25 10000 - Europe/Berlin 2000")]
    [InlineData("month 1 0 - Europe/Berlin 2000")]
    [InlineData("month 1 2147483648 - Europe/Berlin 2000")]
    [InlineData("month 1 10000 x Europe/Berlin 2000")]
    [InlineData("month 1 10000 253402300800000 Europe/Berlin 2000")]
    [InlineData("month 1 10000 - Europe/Bonn 2000")]
    [InlineData("month 1 10000 - Europe/Berlin -1")]
    public void A_damaged_text_is_no_rule(string text) => Assert.Throws<FormatException>(() => PeriodRule.Parse(text));

    // "unit every anchor zone"; the amount and the carry-over have no part in the calendar.
    private static PeriodRule Rule(string text)
    {
        string[] words = text.Split(' ');
        return new PeriodRule(
            Enum.Parse<PeriodUnit>(words[0], ignoreCase: true),
            int.Parse(words[1], CultureInfo.InvariantCulture),
            1,
            words[2] == "-" ? null : Utc(words[2]),
            words[3],
            0);
    }

    private static DateTime Utc(string text) =>
        DateTime.Parse(text, CultureInfo.InvariantCulture, DateTimeStyles.AdjustToUniversal | DateTimeStyles.AssumeUniversal);
}
