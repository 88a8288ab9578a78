using FlowQuota.Functions.Http;
using FlowQuota.Periods;
using FlowQuota.Usage;

namespace FlowQuota.Functions.Usage;

/// <summary>A statement: how the balance of a token came from one time to another, in units.</summary>
/// <param name="Token">The public id of the token.</param>
/// <param name="TimeZone">The zone of the times.</param>
/// <param name="From">Its first instant.</param>
/// <param name="To">The first instant that is no longer in it.</param>
/// <param name="Opening">Units left at its beginning.</param>
/// <param name="Granted">Units that admins granted; negative if they took some away.</param>
/// <param name="Refilled">Units that periods began with.</param>
/// <param name="Used">Units that calls took.</param>
/// <param name="Refunded">Units that came back.</param>
/// <param name="Expired">Units that lapsed with their periods.</param>
/// <param name="Held">Units that reservations hold at the end, less those that they held at the beginning.</param>
/// <param name="Closing">Units left at its end.</param>
/// <param name="Balanced">Whether the figures add up; null if rows are missing that retention removed, or that are still on the way.</param>
internal sealed record StatementView(
    string Token, string TimeZone, string From, string To, long Opening, long Granted, long Refilled, long Used, long Refunded, long Expired,
    long Held, long Closing, bool? Balanced)
{
    public static StatementView Of(string tokenId, string zone, WallClock clock, DateTime from, DateTime until, LedgerStatement statement) => new(
        tokenId, zone, TimeZoneFormatter.FormatLocal(clock.LocalAt(from)), TimeZoneFormatter.FormatLocal(clock.LocalAt(until)),
        statement.Opening, statement.Granted, statement.Refilled, statement.Used, statement.Refunded, statement.Expired, statement.Held,
        statement.Closing, statement.IsBalanced);
}
