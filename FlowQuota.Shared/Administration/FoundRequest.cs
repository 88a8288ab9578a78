using FlowQuota.Ledger;

namespace FlowQuota.Administration;

/// <summary>What became of a request.</summary>
/// <param name="Changes">Its changes of the quota, oldest first; empty = none was found.</param>
/// <param name="SearchedFrom">From when on changes were searched, UTC.</param>
public sealed record FoundRequest(IReadOnlyList<QuotaLogEntry> Changes, DateTime SearchedFrom)
{
    /// <summary>Units that it took and that were not given back.</summary>
    public int Units => -Changes.Where(static change => change.Action is QuotaAction.Consume or QuotaAction.Refund).Sum(static change => change.QuotaChange);

    /// <summary>True if the request was metered and not given back.</summary>
    public bool IsCharged => Units > 0 || Changes.Any(static change => change is { Action: QuotaAction.Consume, QuotaAfter: null });
}
