using FlowQuota.Quotas;

namespace FlowQuota.Tokens;

/// <summary>An admin request of which SQL knows that it was begun.</summary>
/// <param name="Fingerprint">What it asked for, hashed.</param>
/// <param name="Before">The last change that <c>access_tokens</c> showed when it was begun; its own change is a later one.</param>
/// <param name="CreatedAt">When it was begun, UTC.</param>
/// <param name="Result">What it led to; null if it is not known to be finished.</param>
public sealed record RememberedRequest(string Fingerprint, LedgerPosition Before, DateTime CreatedAt, string? Result);
