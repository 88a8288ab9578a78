using FlowQuota.Functions.Http;
using FlowQuota.Periods;
using FlowQuota.Usage;

namespace FlowQuota.Functions.Usage;

/// <summary>A statement; its times are those of <c>time_zone</c>, and <c>to</c> is exclusive.</summary>
internal sealed record StatementView(
    string Token, string TimeZone, string From, string To, long Opening, long Granted, long Refilled, long Used, long Refunded, long Expired,
    long Held, long Closing, bool? Balanced)
{
    public static StatementView Of(string tokenId, string zone, WallClock clock, DateTime from, DateTime until, LedgerStatement statement) => new(
        tokenId, zone, TimeZoneFormatter.FormatLocal(clock.LocalAt(from)), TimeZoneFormatter.FormatLocal(clock.LocalAt(until)),
        statement.Opening, statement.Granted, statement.Refilled, statement.Used, statement.Refunded, statement.Expired, statement.Held,
        statement.Closing, statement.IsBalanced);
}
