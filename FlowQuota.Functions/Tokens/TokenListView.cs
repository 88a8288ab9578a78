namespace FlowQuota.Functions.Tokens;

/// <summary>A page of tokens; <c>count</c> is how many match over all pages, <c>stale</c> is true if Redis was unavailable.</summary>
internal sealed record TokenListView(
    IReadOnlyList<TokenView> Tokens, long Count, int Page, int PageSize, long TotalPages, bool Stale);
