namespace FlowQuota.Functions.Auditing;

/// <summary>The result of a correction: the row that was written and the problems that it explains; null and none if the ledger balanced.</summary>
internal sealed record MendView(bool Mended, string Token, QuotaLogView? Entry, IReadOnlyList<LedgerProblemView> Explained);
