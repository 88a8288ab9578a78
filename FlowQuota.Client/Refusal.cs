namespace FlowQuota.Client;

/// <summary>Why a call was refused. Nothing was taken.</summary>
/// <param name="Reason">Which limit refused it.</param>
/// <param name="Message">One sentence for people.</param>
/// <param name="RetryAfter">
/// How long until the rate limit admits a call, or the quota refills; null if waiting does not help.
/// </param>
/// <param name="ReservedQuota">Units that reservations hold and that are therefore not left; 0 = none.</param>
public sealed record Refusal(RefusalReason Reason, string Message, TimeSpan? RetryAfter, int ReservedQuota = 0);
