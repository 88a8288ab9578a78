using FlowQuota.Tokens;

namespace FlowQuota.Administration;

/// <summary>A new token, or one with a new secret; or what an earlier request under the same key made.</summary>
/// <param name="Token">The stored token.</param>
/// <param name="FullToken">The full token for its holder; shown only once, so null for a repeat.</param>
/// <param name="OriginalRequestId">For a repeat, the id of the first request; else null.</param>
public sealed record IssuedToken(AccessToken Token, string? FullToken, string? OriginalRequestId = null);
