namespace FlowQuota.Functions.Auditing;

/// <summary>A page of the audit log, newest first.</summary>
/// <param name="Logs">The rows.</param>
/// <param name="Total">Rows on all pages.</param>
/// <param name="Page">Number of this page.</param>
/// <param name="PageSize">Most rows on a page.</param>
/// <param name="TotalPages">Number of pages; 0 if there are no rows.</param>
internal sealed record QuotaLogListView(IReadOnlyList<QuotaLogView> Logs, long Total, int Page, int PageSize, long TotalPages);
