using FlowQuota.Ledger;

namespace FlowQuota.Admission;

/// <summary>The outcome of an admin's change.</summary>
/// <param name="Status">How it ended.</param>
/// <param name="Snapshot">The quota after it, to be written to SQL; null if the quota did not change.</param>
/// <param name="Entries">Its log rows, to be written to SQL; null if the quota did not change, or changed before.</param>
public sealed record QuotaChangeResult(QuotaChangeStatus Status, QuotaSnapshot? Snapshot = null, IReadOnlyList<QuotaLogEntry>? Entries = null);
