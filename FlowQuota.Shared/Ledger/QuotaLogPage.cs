namespace FlowQuota.Ledger;

/// <summary>One page of a token's log, newest first.</summary>
/// <param name="Entries">The page's rows; empty past the last page.</param>
/// <param name="Total">How many rows match, over all pages.</param>
public sealed record QuotaLogPage(IReadOnlyList<QuotaLogEntry> Entries, long Total);
