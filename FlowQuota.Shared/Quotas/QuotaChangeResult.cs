using FlowQuota.Auditing;

namespace FlowQuota.Quotas;

/// <summary>The outcome of an admin's change.</summary>
/// <param name="Status">How it ended.</param>
/// <param name="Snapshot">The quota after it, for SQL; null if the quota did not change.</param>
/// <param name="Entry">Its log row, for SQL; null if the quota did not change, or changed before.</param>
public sealed record QuotaChangeResult(QuotaChangeStatus Status, QuotaSnapshot? Snapshot = null, QuotaLogEntry? Entry = null);
