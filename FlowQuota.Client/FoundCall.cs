using System.Text.Json.Serialization;

namespace FlowQuota.Client;

/// <summary>What became of a call.</summary>
/// <param name="RequestId">Its request id.</param>
/// <param name="TokenId">The public id of its token.</param>
/// <param name="IsCharged">True if it was charged and not given back.</param>
/// <param name="Units">Units that were taken and not given back.</param>
/// <param name="Changes">The changes that it made, oldest first; empty if no such call was found.</param>
/// <param name="SearchedFrom">Earlier changes were not searched; in the service's zone.</param>
public sealed record FoundCall(
    string RequestId, string TokenId, [property: JsonPropertyName("charged")] bool IsCharged, int Units, IReadOnlyList<CallChange> Changes,
    DateTime SearchedFrom);
