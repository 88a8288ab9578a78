namespace FlowQuota.Tokens;

/// <summary>One page of a <see cref="TokenScan"/>.</summary>
/// <param name="Tokens">Its tokens. May be fewer than were asked for although more follow, because a page looks at a bounded number of tokens.</param>
/// <param name="Next">Where the next page begins; null = this was the last.</param>
public sealed record TokenSlice(IReadOnlyList<AccessToken> Tokens, TokenPosition? Next);
