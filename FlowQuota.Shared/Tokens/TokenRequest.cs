using FlowQuota.Quotas;

namespace FlowQuota.Tokens;

/// <summary>An admin's request to change or delete a token.</summary>
/// <param name="TokenId">The public id.</param>
/// <param name="RequestId">The request's id, for the log row.</param>
/// <param name="Key">Recognizes a repeat.</param>
public sealed record TokenRequest(string TokenId, string RequestId, IdempotencyKey Key);
