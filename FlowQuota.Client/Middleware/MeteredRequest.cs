namespace FlowQuota.Client.Middleware;

/// <summary>A request that passed.</summary>
/// <param name="TokenId">Who calls: the public id of the token; null if FlowQuota did not answer.</param>
/// <param name="WorkspaceId">The workspace of the token; null if the request is unmetered.</param>
/// <param name="RemainingQuota">Units left; null for a token without a quota, and if the request is unmetered.</param>
/// <param name="RequestId">The request's id in the service's log, to be looked up by <see cref="FlowQuotaClient.FindCallAsync"/>.</param>
/// <param name="IsUnmetered">
/// True if FlowQuota could not decide, and the request passed all the same (<see cref="UnavailableRule.Allow"/>). Then nobody has checked the
/// token's secret.
/// </param>
public sealed record MeteredRequest(string? TokenId, string? WorkspaceId, int? RemainingQuota, string RequestId, bool IsUnmetered);
