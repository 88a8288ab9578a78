using System.Globalization;
using FlowQuota.Periods;

namespace FlowQuota.Ledger;

/// <summary>The quota of a token after one change, on its way to SQL.</summary>
/// <param name="TokenId">The public id.</param>
/// <param name="Position">The change that led to it.</param>
/// <param name="Remaining">Calls left; null if the token has no quota (any more).</param>
/// <param name="Total">Calls granted; null if the token has no quota (any more).</param>
/// <param name="Period">The period that it is in; null for a token without periods.</param>
public sealed record QuotaSnapshot(string TokenId, LedgerPosition Position, int? Remaining, int? Total, PeriodState? Period = null)
{
    /// <summary>Units that reservations hold.</summary>
    public int Reserved { get; init; }

    /// <summary>The quota without its position.</summary>
    public LiveQuota Quota => new(Remaining, Total, Period) { Reserved = Reserved };

    private const int Parts = 5;

    /// <summary>
    /// Reads a value as the scripts write it: <c>epoch:seq:remaining:total</c>, the last two empty without a quota, the last one
    /// <c>total/reserved</c> if units are held; then, if the token has periods, a colon and <see cref="PeriodState.ToText"/>.
    /// </summary>
    /// <returns>Null if it is damaged or absent.</returns>
    internal static QuotaSnapshot? Parse(string tokenId, string? text)
    {
        if (text?.Split(':', Parts) is not [var epoch, var seq, var remaining, var total, .. var period]
            || !int.TryParse(epoch, CultureInfo.InvariantCulture, out int epochNumber)
            || !long.TryParse(seq, CultureInfo.InvariantCulture, out long seqNumber))
        {
            return null;
        }

        var state = period is [var written] ? PeriodState.TryParse(written) : null;
        var (granted, reserved) = ParseTotal(total);
        return period is [] || state is not null
            ? new QuotaSnapshot(tokenId, new LedgerPosition(epochNumber, seqNumber), ParseNumber(remaining), granted, state) { Reserved = reserved }
            : null;
    }

    /// <summary>Reads <c>total</c> or <c>total/reserved</c>, as the scripts write it.</summary>
    /// <returns>The total is null if there is none.</returns>
    internal static (int? Total, int Reserved) ParseTotal(string? text)
    {
        int slash = text?.IndexOf('/', StringComparison.Ordinal) ?? -1;
        return slash < 0 ? (ParseNumber(text ?? ""), 0) : (ParseNumber(text![..slash]), ParseNumber(text[(slash + 1)..]) ?? 0);
    }

    private static int? ParseNumber(string text) => int.TryParse(text, CultureInfo.InvariantCulture, out int number) ? number : null;
}
