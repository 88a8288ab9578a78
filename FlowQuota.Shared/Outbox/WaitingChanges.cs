using FlowQuota.Ledger;

namespace FlowQuota.Outbox;

/// <summary>The changes of a token whose events are in the audit outbox.</summary>
/// <param name="First">Position of the oldest; all changes before it are in SQL.</param>
/// <param name="Last">Position of the newest.</param>
/// <param name="QuotaAfter">Calls left after the newest; null for a token without a quota.</param>
internal readonly record struct WaitingChanges(LedgerPosition First, LedgerPosition Last, int? QuotaAfter)
{
    /// <summary>These changes and one more.</summary>
    public WaitingChanges With(WaitingChanges other) => new(
        other.First < First ? other.First : First,
        other.Last > Last ? other.Last : Last,
        other.Last > Last ? other.QuotaAfter : QuotaAfter);
}
