namespace FlowQuota.Functions.Auditing;

/// <summary>A page of the audit log, newest first.</summary>
internal sealed record QuotaLogListView(IReadOnlyList<QuotaLogView> Logs, long Total, int Page, int PageSize, long TotalPages);
