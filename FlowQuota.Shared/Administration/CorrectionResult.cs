using FlowQuota.Ledger;

namespace FlowQuota.Administration;

/// <summary>The result of a ledger correction.</summary>
/// <param name="Status">How it ended.</param>
/// <param name="Explained">
/// The problems that the correction explains; empty unless <see cref="CorrectionStatus.Mended"/>.
/// </param>
/// <param name="Entry">The correcting change; null unless <see cref="CorrectionStatus.Mended"/>.</param>
public sealed record CorrectionResult(CorrectionStatus Status, IReadOnlyList<LedgerProblem> Explained, QuotaLogEntry? Entry);
