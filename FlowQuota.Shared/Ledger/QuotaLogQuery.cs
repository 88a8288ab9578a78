namespace FlowQuota.Ledger;

/// <summary>Which log rows of one token to list, newest first. A null condition is ignored.</summary>
/// <param name="TokenId">The public id.</param>
/// <param name="From">First instant, UTC, inclusive.</param>
/// <param name="Until">End, UTC, exclusive.</param>
/// <param name="Action">Only this action.</param>
/// <param name="Page">1-based page number.</param>
/// <param name="PageSize">1-1,000.</param>
public sealed record QuotaLogQuery(string TokenId, DateTime? From, DateTime? Until, QuotaAction? Action, int Page, int PageSize);
