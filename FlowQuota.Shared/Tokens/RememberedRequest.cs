using FlowQuota.Ledger;

namespace FlowQuota.Tokens;

/// <summary>An admin request that SQL recorded when it was begun.</summary>
/// <param name="Fingerprint">The hash of its content.</param>
/// <param name="Before">
/// The last change that <c>access_tokens</c> showed when it was begun; its own change is a later one.
/// </param>
/// <param name="RequestId">The id of the request.</param>
/// <param name="Result">Its result; null if it is not known to be finished.</param>
public sealed record RememberedRequest(string Fingerprint, LedgerPosition Before, string RequestId, string? Result);
