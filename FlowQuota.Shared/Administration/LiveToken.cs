using FlowQuota.Tokens;

namespace FlowQuota.Administration;

/// <summary>A token with its present quota.</summary>
/// <param name="Token">The token; its remaining and total quota are the live ones if Redis was available.</param>
/// <param name="IsStale">True if Redis was unavailable, so that the quota is the last one in SQL.</param>
public sealed record LiveToken(AccessToken Token, bool IsStale);
