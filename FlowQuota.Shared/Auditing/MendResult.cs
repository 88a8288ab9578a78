namespace FlowQuota.Auditing;

/// <summary>What mending did.</summary>
/// <param name="Status">How it ended.</param>
/// <param name="Explained">The problems that the record explains; empty unless <see cref="MendStatus.Mended"/>.</param>
/// <param name="Entry">The record; null unless <see cref="MendStatus.Mended"/>.</param>
public sealed record MendResult(MendStatus Status, IReadOnlyList<LedgerProblem> Explained, QuotaLogEntry? Entry);
