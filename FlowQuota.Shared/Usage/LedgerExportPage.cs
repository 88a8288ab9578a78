using FlowQuota.Ledger;

namespace FlowQuota.Usage;

/// <summary>Some rows of an export.</summary>
/// <param name="Entries">The rows, in order; empty at the end.</param>
/// <param name="Last">The place behind them.</param>
/// <param name="HasMore">True if more rows can be read now.</param>
public sealed record LedgerExportPage(IReadOnlyList<QuotaLogEntry> Entries, LedgerCursor Last, bool HasMore);
