using FlowQuota.Auditing;

namespace FlowQuota.Quotas;

/// <summary>What became of an admin's change, and what it left behind.</summary>
/// <param name="Status">What became of it.</param>
/// <param name="Snapshot">The quota after it, for SQL; null where the quota did not change.</param>
/// <param name="Entry">Its log row, for SQL; null where the quota did not change.</param>
public sealed record QuotaChangeResult(QuotaChangeStatus Status, QuotaSnapshot? Snapshot = null, QuotaLogEntry? Entry = null);
