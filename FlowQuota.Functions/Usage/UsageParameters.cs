using FlowQuota.Errors;
using FlowQuota.Functions.Auditing;
using FlowQuota.Functions.Http;
using FlowQuota.Functions.Requests;
using FlowQuota.Functions.Tokens;
using FlowQuota.Periods;
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
    /// <summary>The most rows of a response.</summary>
    public const int MaxRows = 20_000;

    private const int MostGroups = 2;

    private static readonly ChoiceField<UsageGranularity> GranularityField = new("granularity",
        [("hour", UsageGranularity.Hour), ("day", UsageGranularity.Day), ("month", UsageGranularity.Month), ("total", UsageGranularity.Total)],
        "The length of the buckets; day by default.");

    /// <summary>What each bucket is divided by.</summary>
    public static readonly ChoiceField<UsageGrouping> GroupByField = new("group_by",
        [("token", UsageGrouping.Token), ("ws_id", UsageGrouping.Workspace), ("meter", UsageGrouping.Meter), ("action", UsageGrouping.Action)],
        "What each bucket is divided by, separated by a comma.")
    {
        Most = MostGroups,
    };

    private static readonly TextField WorkspaceId = TokenParameters.WorkspaceId with { Description = "For admins: only this workspace." };

    private static readonly StringField Tag = DescriptionRequests.Tag with { Description = "For admins: only tokens that have this tag now." };

    private static readonly StringField Meter = Quotas.Meter.Field with { Description = "Only calls with this label." };

    private static readonly ChoiceField<bool> Format = new("format", [("json", false), ("csv", true)], "The form of the response; json by default.");

    /// <summary>The parameters.</summary>
    public static readonly FieldSet Fields =
        [LedgerTimes.From, LedgerTimes.Until, GranularityField, LedgerTimes.TimeZone, GroupByField, LedgerCaller.Token, WorkspaceId, Tag, Meter, Format];

    public static UsageParameters Read(FlowRequest flow, LedgerAccess caller)
    {
        var http = flow.Http;
        var granularity = Query.Choice(http, GranularityField) ?? UsageGranularity.Day;
        string word = GranularityField.WordOf(granularity);
        var (zone, clock) = LedgerTimes.Zone(flow);
        var groups = Query.Choices(http, GroupByField);
        string? meter = Query.String(http, Meter);
        string? tag = Query.String(http, Tag);
        bool isCsv = Query.Choice(http, Format) ?? false;

        var until = LedgerTimes.End(http, clock) ?? NextBucket(clock, granularity, flow.Clock.UtcNow);
        var from = LedgerTimes.Start(http, clock) ?? DefaultStart(clock, granularity, until);
        LedgerTimes.CheckQuarter(LedgerTimes.From, from);
        LedgerTimes.CheckQuarter(LedgerTimes.Until, until);
        LedgerTimes.CheckOrder(http, from, until);
        var spans = UsageCalendar.Divide(clock, granularity, from, until)
            ?? throw new InvalidFieldException(GranularityField.Name, $"{word} makes more than {UsageCalendar.MaxSpans} buckets between from and to; ask for longer ones");

        var grouping = groups.Aggregate(UsageGrouping.None, (all, group) => all | group);
        var query = new UsageQuery(spans, grouping, caller.TokenId, Query.Text(http, WorkspaceId), meter, MaxRows + 1) { Tag = tag };
        return new UsageParameters(query, word, zone, clock, [.. groups.Select(GroupByField.WordOf)], isCsv);
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
