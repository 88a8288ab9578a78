using FlowQuota.Administration;
using FlowQuota.Functions.Http;

namespace FlowQuota.Functions.Auditing;

/// <summary>What became of a call.</summary>
/// <param name="RequestId">The request.</param>
/// <param name="TokenId">The public id.</param>
/// <param name="Charged">True if it was metered and not given back.</param>
/// <param name="Units">Units that it took and that were not given back.</param>
/// <param name="Changes">Its changes of the quota, oldest first.</param>
/// <param name="SearchedFrom">Earlier changes were not searched.</param>
internal sealed record CallView(
    string RequestId, string TokenId, bool Charged, int Units, IReadOnlyList<CallChangeView> Changes, string SearchedFrom)
{
    public static CallView Of(string requestId, string tokenId, FoundRequest found, TimeZoneFormatter clock) => new(
        requestId, tokenId, found.IsCharged, found.Units, [.. found.Changes.Select(change => CallChangeView.Of(change, clock))], clock.Format(found.SearchedFrom));
}
