using FlowQuota.Tokens;

namespace FlowQuota.Administration;

/// <summary>One page of a list of tokens that is read without a count, with their live quotas.</summary>
/// <param name="Tokens">The page; see <see cref="TokenSlice.Tokens"/>.</param>
/// <param name="Next">The start of the next page; null = this was the last.</param>
/// <param name="IsStale">True if Redis was unavailable.</param>
public sealed record LiveTokenSlice(IReadOnlyList<AccessToken> Tokens, TokenPosition? Next, bool IsStale);
