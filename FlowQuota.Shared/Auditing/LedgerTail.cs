using FlowQuota.Quotas;

namespace FlowQuota.Auditing;

/// <summary>Where the records of a token end, and what <c>access_tokens</c> says of its grant.</summary>
/// <param name="TokenId">The public id.</param>
/// <param name="WorkspaceId">The owner's workspace, from the record.</param>
/// <param name="Email">The owner's e-mail address, from the record.</param>
/// <param name="Position">Position of the newest record.</param>
/// <param name="QuotaAfter">Calls left after it; null for a token without a quota.</param>
/// <param name="Total">Calls granted, from <c>access_tokens</c>; null without a quota, or where the token is deleted.</param>
public sealed record LedgerTail(string TokenId, string WorkspaceId, string Email, LedgerPosition Position, int? QuotaAfter, int? Total);
