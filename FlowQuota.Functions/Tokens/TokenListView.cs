namespace FlowQuota.Functions.Tokens;

/// <summary>A page of tokens.</summary>
/// <param name="Tokens">The tokens.</param>
/// <param name="Count">Tokens on all pages.</param>
/// <param name="Page">Number of this page.</param>
/// <param name="PageSize">Most tokens on a page.</param>
/// <param name="TotalPages">Number of pages; 0 if there are no tokens.</param>
/// <param name="Stale">True if Redis was unavailable, so that the quotas are those that SQL has.</param>
internal sealed record TokenListView(
    IReadOnlyList<TokenView> Tokens, long Count, int Page, int PageSize, long TotalPages, bool Stale);
