using Microsoft.AspNetCore.Http;

namespace FlowQuota.Functions.Auditing;

/// <summary>Whose ledger a caller may read.</summary>
/// <param name="TokenId">The caller's own token, or the one that an admin names; null = all.</param>
/// <param name="Refusal">The response if the caller may read none; null = it may.</param>
internal sealed record LedgerAccess(string? TokenId, IResult? Refusal = null);
