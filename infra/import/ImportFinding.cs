namespace FlowQuota.Import;

/// <summary>One row of the Go system that was not imported unchanged; identified by its number, never by its token.</summary>
/// <param name="Kind">The outcome.</param>
/// <param name="Table">The Go system's table.</param>
/// <param name="RowId">The row's <c>id</c> there.</param>
/// <param name="Reason">The reason; contains no text that callers wrote.</param>
public sealed record ImportFinding(ImportFindingKind Kind, string Table, long RowId, string Reason);
