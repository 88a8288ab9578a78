using FlowQuota.Functions.Http;
using FlowQuota.Periods;
using FlowQuota.Tokens;

namespace FlowQuota.Functions.Tokens;

/// <summary>How a quota refills, and the period that it is in.</summary>
/// <param name="Unit"><c>hour</c>, <c>day</c>, <c>week</c>, <c>month</c> or <c>year</c>.</param>
/// <param name="Every">How many units long a period is.</param>
/// <param name="Amount">What a period begins with.</param>
/// <param name="Anchor">From when periods are counted, in <paramref name="TimeZone"/>, so that it can be sent back; null = by the calendar.</param>
/// <param name="TimeZone">The zone whose days, weeks, months and years count.</param>
/// <param name="CarryOver">How much of a period may pass into the next; null = all.</param>
/// <param name="Index">Number of the period, from 1.</param>
/// <param name="StartsAt">Its first instant, in the zone of all times.</param>
/// <param name="EndsAt">When the next period begins.</param>
internal sealed record PeriodView(
    string Unit, int Every, int Amount, string? Anchor, string TimeZone, int? CarryOver, int Index, string StartsAt, string EndsAt)
{
    /// <summary>The period of a token; null for a token without periods.</summary>
    public static PeriodView? Of(AccessToken token, TimeZoneFormatter clock)
    {
        if (token is not { Period: { } rule, PeriodState: { } state })
            return null;
        string? anchor = rule.Anchor is { } instant ? TimeZoneFormatter.FormatLocal(WallClock.Of(rule.TimeZone).LocalAt(instant)) : null;
        return new PeriodView(
            TokenWords.Of(rule.Unit), rule.Every, rule.Amount, anchor, rule.TimeZone, rule.CarryOver,
            state.Index, clock.Format(state.StartsAt), clock.Format(state.EndsAt));
    }
}
