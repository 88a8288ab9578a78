using FlowQuota.Ledger;

namespace FlowQuota.Usage;

/// <summary>The rows of one quarter of an hour that are alike, added up: one row of <c>usage_hourly</c>.</summary>
/// <param name="TokenId">The public id.</param>
/// <param name="WorkspaceId">The workspace that owned the token at the time of the rows.</param>
/// <param name="Meter">The callers' label; '' = none.</param>
/// <param name="Action">What the rows record.</param>
/// <param name="Changes">How many rows.</param>
/// <param name="QuotaChange">The sum of their changes.</param>
/// <param name="Failed">How many of them are calls whose code failed.</param>
public sealed record UsageCount(string TokenId, string WorkspaceId, string Meter, QuotaAction Action, long Changes, long QuotaChange, long Failed);
