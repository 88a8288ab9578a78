using FlowQuota.Errors;
using FlowQuota.Functions.Auditing;
using FlowQuota.Functions.Http;
using FlowQuota.Functions.Tokens;
using FlowQuota.Periods;
using FlowQuota.Tokens;
using FlowQuota.Usage;

namespace FlowQuota.Functions.Usage;

/// <summary>What a usage report is to show, from the query parameters.</summary>
/// <param name="Asked">The buckets, groups and filters.</param>
/// <param name="Granularity">The length of the buckets, in words.</param>
/// <param name="TimeZone">The zone of the buckets and of the times in the response; its IANA name.</param>
/// <param name="Clock">The clocks of that zone.</param>
/// <param name="GroupBy">The groups, in words.</param>
/// <param name="IsCsv">True for CSV, false for JSON.</param>
internal sealed record UsageParameters(
    UsageQuery Asked, string Granularity, string TimeZone, WallClock Clock, IReadOnlyList<string> GroupBy, bool IsCsv)
{
    public static readonly string[] Names =
        ["from", "to", "granularity", "time_zone", "group_by", "token", "ws_id", "tag", "meter", "format"];

    /// <summary>The most rows of a response.</summary>
    public const int MaxRows = 20_000;

    private const int MostGroups = 2;

    private static readonly (string Word, UsageGranularity Value)[] Granularities =
    [
        ("hour", UsageGranularity.Hour), ("day", UsageGranularity.Day), ("month", UsageGranularity.Month), ("total", UsageGranularity.Total),
    ];

    private static readonly (string Word, UsageGrouping Value)[] Groupings =
    [
        ("token", UsageGrouping.Token), ("ws_id", UsageGrouping.Workspace), ("meter", UsageGrouping.Meter), ("action", UsageGrouping.Action),
    ];

    public static UsageParameters Read(FlowRequest flow, LedgerAccess caller)
    {
        var http = flow.Http;
        string word = Query.Text(http, "granularity") ?? "day";
        var granularity = Query.OneOf("granularity", word, Granularities);
        var (zone, clock) = LedgerTimes.Zone(flow);
        string[] groups = Groups(Query.Text(http, "group_by"));
        string? meter = Query.Text(http, "meter");
        if (meter is not null && !CallerName.IsValid(meter))
            throw new InvalidFieldException("meter", CallerName.Expected);
        string? tag = Query.Text(http, "tag");
        if (tag is not null && !TokenTags.IsTag(tag))
            throw new InvalidFieldException("tag", DescriptionRequests.ExpectedTag);
        bool isCsv = Query.Switch(http, "format", "json", "csv");

        var until = LedgerTimes.End(http, "to", clock) ?? NextBucket(clock, granularity, flow.Clock.UtcNow);
        var from = LedgerTimes.Start(http, "from", clock) ?? DefaultStart(clock, granularity, until);
        LedgerTimes.CheckQuarter("from", from);
        LedgerTimes.CheckQuarter("to", until);
        LedgerTimes.CheckOrder(http, from, until);
        var spans = UsageCalendar.Divide(clock, granularity, from, until)
            ?? throw new InvalidFieldException("granularity", $"{word} makes more than {UsageCalendar.MaxSpans} buckets between from and to; ask for longer ones");

        var grouping = groups.Aggregate(UsageGrouping.None, (all, group) => all | Query.OneOf("group_by", group, Groupings));
        var query = new UsageQuery(spans, grouping, caller.TokenId, Query.Text(http, "ws_id"), meter, MaxRows + 1) { Tag = tag };
        return new UsageParameters(query, word, zone, clock, groups, isCsv);
    }

    private static string[] Groups(string? text)
    {
        string[] groups = text?.Split(',') ?? [];
        return groups.Length <= MostGroups && groups.Distinct(StringComparer.Ordinal).Count() == groups.Length
            ? groups
            : throw new InvalidFieldException("group_by", $"must be one or {MostGroups} of {Query.Words(Groupings)}, separated by a comma");
    }

    // The end of the bucket that is under way, so that what is used now is in the report.
    private static DateTime NextBucket(WallClock clock, UsageGranularity granularity, DateTime now)
    {
        var local = clock.LocalAt(now);
        return granularity switch
        {
            UsageGranularity.Hour => QuarterHour.Of(now) + QuarterHour.Length,
            UsageGranularity.Month => clock.InstantOf(new DateTime(local.Year, local.Month, 1).AddMonths(1)),
            _ => clock.InstantOf(local.Date.AddDays(1)),
        };
    }

    private static DateTime DefaultStart(WallClock clock, UsageGranularity granularity, DateTime until)
    {
        var last = clock.LocalAt(until.AddTicks(-1));
        return granularity switch
        {
            UsageGranularity.Hour => clock.InstantOf(last.Date.AddHours(last.Hour)) - TimeSpan.FromHours(23),
            UsageGranularity.Month => clock.InstantOf(new DateTime(last.Year, last.Month, 1).AddMonths(-11)),
            _ => clock.InstantOf(last.Date.AddDays(-29)),
        };
    }
}
