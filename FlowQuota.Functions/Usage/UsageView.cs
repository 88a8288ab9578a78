using FlowQuota.Functions.Http;
using FlowQuota.Usage;

namespace FlowQuota.Functions.Usage;

/// <summary>A usage report. Its times are those of <c>time_zone</c>.</summary>
internal sealed record UsageView(
    string Granularity, string TimeZone, string From, string To, IReadOnlyList<string> GroupBy, string? CompleteUntil, IReadOnlyList<UsageBucketView> Buckets)
{
    public static UsageView Of(UsageParameters parameters, IReadOnlyList<UsageFigures> rows, DateTime? completeUntil)
    {
        var (spans, clock) = (parameters.Asked.Spans, parameters.Clock);
        // Without groups each bucket is there, also one in which nothing was used.
        var all = parameters.Asked.Grouping == UsageGrouping.None
            ? Enumerable.Range(0, spans.Count).GroupJoin(rows, span => span, row => row.Span, (span, own) => own.SingleOrDefault() ?? new UsageFigures { Span = span })
            : rows;
        return new UsageView(
            parameters.Granularity, parameters.TimeZone, TimeZoneFormatter.FormatLocal(clock.LocalAt(spans[0].From)),
            TimeZoneFormatter.FormatLocal(clock.LocalAt(spans[^1].Until)), parameters.GroupBy,
            completeUntil is { } until ? TimeZoneFormatter.FormatLocal(clock.LocalAt(until)) : null,
            [.. all.Select(row => UsageBucketView.Of(row, spans[row.Span], clock, parameters.Asked.Grouping))]);
    }
}
