namespace FlowQuota.Client.Transport.Bodies;

/// <summary>What check answers.</summary>
/// <param name="Allowed">True if the call would be admitted.</param>
/// <param name="Reason">The type of the error if it would not.</param>
/// <param name="RemainingQuota">Units left; null for a token without a quota.</param>
/// <param name="RetryAfter">Seconds; null if waiting does not help.</param>
internal sealed record CheckData(bool Allowed, string? Reason, int? RemainingQuota, int? RetryAfter);
