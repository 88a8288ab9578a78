using System.Globalization;

namespace FlowQuota.Quotas;

/// <summary>A value as the outbox and the scripts write it: <c>epoch:seq:remaining:total</c>, the last two empty without a quota.</summary>
internal static class HotQuota
{
    public static QuotaSnapshot? Parse(string tokenId, string? text)
    {
        if (text?.Split(':') is not [var epoch, var seq, var remaining, var total]
            || !int.TryParse(epoch, CultureInfo.InvariantCulture, out int epochNumber)
            || !long.TryParse(seq, CultureInfo.InvariantCulture, out long seqNumber))
        {
            return null;
        }

        return new QuotaSnapshot(tokenId, new LedgerPosition(epochNumber, seqNumber), Figure(remaining), Figure(total));
    }

    private static int? Figure(string text) =>
        int.TryParse(text, CultureInfo.InvariantCulture, out int number) ? number : null;
}
