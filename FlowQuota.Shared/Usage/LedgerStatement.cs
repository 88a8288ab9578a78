namespace FlowQuota.Usage;

/// <summary>
/// How the balance of a token came from one instant to another, by its log rows alone: <c>closing</c> = <c>opening</c> +
/// <c>granted</c> + <c>refilled</c> - <c>used</c> + <c>refunded</c> - <c>expired</c> - <c>held</c>.
/// </summary>
/// <param name="Opening">Units left at the beginning.</param>
/// <param name="Granted">Units that admins granted; negative if they took some away.</param>
/// <param name="Refilled">Units that periods brought.</param>
/// <param name="Used">Units that calls took.</param>
/// <param name="Refunded">Units that were given back.</param>
/// <param name="Expired">Units that lapsed.</param>
/// <param name="Held">Units that reservations hold at the end, less those that they held at the beginning.</param>
/// <param name="Closing">Units left at the end.</param>
/// <param name="IsBalanced">
/// True if each row begins where the one before it ended and all of them lead from the opening to the closing balance; null if
/// retention may have removed rows of that time, or some of them are on the way to SQL, so that the figures are those of the rest.
/// </param>
public sealed record LedgerStatement(
    long Opening, long Granted, long Refilled, long Used, long Refunded, long Expired, long Held, long Closing, bool? IsBalanced)
{
    /// <summary>The statement of a token that had no row yet.</summary>
    public static readonly LedgerStatement Empty = new(0, 0, 0, 0, 0, 0, 0, 0, IsBalanced: true);
}
