namespace FlowQuota.Tokens;

/// <summary>One page of tokens, oldest first.</summary>
/// <param name="Tokens">The page's rows; empty past the last page.</param>
/// <param name="Count">How many tokens match, over all pages.</param>
public sealed record TokenPage(IReadOnlyList<AccessToken> Tokens, long Count);
