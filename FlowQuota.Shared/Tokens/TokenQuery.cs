namespace FlowQuota.Tokens;

/// <summary>Which tokens to list. A null condition is ignored; the others must all hold.</summary>
/// <param name="TokenId">A public id.</param>
/// <param name="WorkspaceId">A workspace, compared exactly.</param>
/// <param name="Email">An e-mail address, compared exactly.</param>
/// <param name="Page">1-based page number.</param>
/// <param name="PageSize">1-1,000.</param>
public sealed record TokenQuery(string? TokenId, string? WorkspaceId, string? Email, int Page, int PageSize);
