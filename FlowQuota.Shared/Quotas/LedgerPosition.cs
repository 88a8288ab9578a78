namespace FlowQuota.Quotas;

/// <summary>Where a change stands in a token's ledger; later changes compare greater.</summary>
/// <param name="Epoch">From 1; a new one is taken whenever the quota is loaded into Redis anew. <see cref="ImportedEpoch"/> is no part of the ledger.</param>
/// <param name="Seq">From 1 within an epoch, without gaps; 0 = nothing changed yet in this epoch.</param>
public readonly record struct LedgerPosition(int Epoch, long Seq) : IComparable<LedgerPosition>
{
    /// <summary>
    /// The epoch of log rows that were imported from another system: before every change of ours, with gaps, and left out
    /// where the books are checked (docs/decisions/0011).
    /// </summary>
    public const int ImportedEpoch = 0;

    /// <inheritdoc/>
    public int CompareTo(LedgerPosition other) =>
        Epoch != other.Epoch ? Epoch.CompareTo(other.Epoch) : Seq.CompareTo(other.Seq);

    /// <summary>True where <paramref name="left"/> came before <paramref name="right"/>.</summary>
    public static bool operator <(LedgerPosition left, LedgerPosition right) => left.CompareTo(right) < 0;

    /// <summary>True where <paramref name="left"/> came after <paramref name="right"/>.</summary>
    public static bool operator >(LedgerPosition left, LedgerPosition right) => left.CompareTo(right) > 0;

    /// <summary>True where <paramref name="left"/> is not after <paramref name="right"/>.</summary>
    public static bool operator <=(LedgerPosition left, LedgerPosition right) => left.CompareTo(right) <= 0;

    /// <summary>True where <paramref name="left"/> is not before <paramref name="right"/>.</summary>
    public static bool operator >=(LedgerPosition left, LedgerPosition right) => left.CompareTo(right) >= 0;
}
