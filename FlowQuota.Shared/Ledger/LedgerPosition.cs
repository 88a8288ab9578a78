namespace FlowQuota.Ledger;

/// <summary>The position of a change in a token's ledger; later changes compare greater.</summary>
/// <param name="Epoch">
/// From 1; each load of the quota into Redis takes a new one. <see cref="ImportedEpoch"/> is no part of the ledger.
/// </param>
/// <param name="Seq">From 1 within an epoch, without gaps; 0 = nothing changed yet in this epoch.</param>
public readonly record struct LedgerPosition(int Epoch, long Seq) : IComparable<LedgerPosition>
{
    /// <summary>
    /// The epoch of log rows that were imported from another system. They precede all changes of this one, have gaps, and are
    /// left out of ledger checks (docs/decisions/0011).
    /// </summary>
    public const int ImportedEpoch = 0;

    /// <inheritdoc/>
    public int CompareTo(LedgerPosition other) =>
        Epoch != other.Epoch ? Epoch.CompareTo(other.Epoch) : Seq.CompareTo(other.Seq);

    /// <summary>True if <paramref name="left"/> came before <paramref name="right"/>.</summary>
    public static bool operator <(LedgerPosition left, LedgerPosition right) => left.CompareTo(right) < 0;

    /// <summary>True if <paramref name="left"/> came after <paramref name="right"/>.</summary>
    public static bool operator >(LedgerPosition left, LedgerPosition right) => left.CompareTo(right) > 0;

    /// <summary>True if <paramref name="left"/> is not after <paramref name="right"/>.</summary>
    public static bool operator <=(LedgerPosition left, LedgerPosition right) => left.CompareTo(right) <= 0;

    /// <summary>True if <paramref name="left"/> is not before <paramref name="right"/>.</summary>
    public static bool operator >=(LedgerPosition left, LedgerPosition right) => left.CompareTo(right) >= 0;
}
