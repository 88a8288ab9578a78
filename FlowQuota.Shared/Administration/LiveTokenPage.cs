using FlowQuota.Tokens;

namespace FlowQuota.Administration;

/// <summary>One page of tokens with their live quotas, oldest first.</summary>
/// <param name="Tokens">The page; empty past the last one.</param>
/// <param name="Count">How many tokens match, over all pages.</param>
/// <param name="IsStale">True if Redis was unavailable.</param>
public sealed record LiveTokenPage(IReadOnlyList<AccessToken> Tokens, long Count, bool IsStale);
