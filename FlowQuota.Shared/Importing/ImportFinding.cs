namespace FlowQuota.Importing;

/// <summary>One row of the Go system that was not taken as it stands; named by its number, never by its token.</summary>
/// <param name="Kind">What became of it.</param>
/// <param name="Table">The Go system's table.</param>
/// <param name="RowId">The row's <c>id</c> there.</param>
/// <param name="Reason">Why, without a word of what callers wrote.</param>
public sealed record ImportFinding(ImportFindingKind Kind, string Table, long RowId, string Reason);
