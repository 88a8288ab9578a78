namespace FlowQuota.Tokens;

/// <summary>A page of a list of tokens that is read from one place to the next, without a count.</summary>
/// <param name="Filter">Which tokens.</param>
/// <param name="Sort">In which order.</param>
/// <param name="IsDescending">True for the opposite direction.</param>
/// <param name="After">The place to begin at; null = the start.</param>
/// <param name="PageSize">1-1,000.</param>
public sealed record TokenScan(TokenFilter Filter, TokenSort Sort, bool IsDescending, TokenPosition? After, int PageSize);
