namespace FlowQuota.Functions.Auditing;

/// <summary>The result of a correction.</summary>
/// <param name="Mended">False if the ledger of the token balanced, so that nothing was written.</param>
/// <param name="Token">The public id of the token.</param>
/// <param name="Entry">The row that was written; null if there is none.</param>
/// <param name="Explained">The problems that it explains.</param>
internal sealed record MendView(bool Mended, string Token, QuotaLogView? Entry, IReadOnlyList<LedgerProblemView> Explained);
