namespace FlowQuota.Functions.Auditing;

/// <summary>What mending did: the record that was written and the problems that it explains; null and none where the books balanced.</summary>
internal sealed record MendView(bool Mended, string Token, QuotaLogView? Entry, IReadOnlyList<LedgerProblemView> Explained);
