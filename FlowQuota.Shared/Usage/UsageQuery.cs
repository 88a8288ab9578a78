namespace FlowQuota.Usage;

/// <summary>Which usage to report. A null condition is ignored.</summary>
/// <param name="Spans">The buckets of time, in their order and without gaps; 1 or more.</param>
/// <param name="Grouping">By what usage is told apart within them.</param>
/// <param name="TokenId">The public id.</param>
/// <param name="WorkspaceId">The workspace that owned the token at that time.</param>
/// <param name="Meter">The callers' label.</param>
/// <param name="Limit">Most rows of the report.</param>
public sealed record UsageQuery(
    IReadOnlyList<UsageSpan> Spans, UsageGrouping Grouping, string? TokenId, string? WorkspaceId, string? Meter, int Limit)
{
    /// <summary>A tag that the tokens have now.</summary>
    public string? Tag { get; init; }

    /// <summary>True if neither tokens nor workspaces matter, so that usage need not be read by token.</summary>
    internal bool IsOverall => TokenId is null && WorkspaceId is null && Tag is null && (Grouping & (UsageGrouping.Token | UsageGrouping.Workspace)) == 0;
}
