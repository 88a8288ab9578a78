using FlowQuota.Functions.Http;
using FlowQuota.Usage;

namespace FlowQuota.Functions.Usage;

/// <summary>A usage report. Its times are those of <c>time_zone</c>.</summary>
/// <param name="Granularity">The length of the buckets: <c>hour</c>, <c>day</c>, <c>month</c> or <c>total</c>.</param>
/// <param name="TimeZone">The zone of the buckets and of the times.</param>
/// <param name="From">The first instant of the report.</param>
/// <param name="To">The first instant that is no longer in it.</param>
/// <param name="GroupBy">What each bucket is divided by.</param>
/// <param name="CompleteUntil">Every row made before it is counted; null if nothing was rolled up yet.</param>
/// <param name="Buckets">The figures.</param>
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
