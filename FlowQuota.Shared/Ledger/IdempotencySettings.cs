namespace FlowQuota.Ledger;

/// <summary>How calls under a key are remembered (settings <c>IDEMPOTENCY_*</c>).</summary>
/// <param name="TimeToLive">How long a key is remembered after its first call.</param>
/// <param name="MaxResultBytes">Longest result, with its logs, that is kept for repeats.</param>
/// <param name="LongestRun">
/// How long after its admission a run of code is taken for dead if it has no result, so that a repeat runs the code again.
/// </param>
public sealed record IdempotencySettings(TimeSpan TimeToLive, int MaxResultBytes, TimeSpan LongestRun)
{
    /// <summary>How long admin changes are remembered.</summary>
    public TimeSpan TimeToLiveInSql => TimeToLive > IdempotencyKey.TimeToLive ? TimeToLive : IdempotencyKey.TimeToLive;
}
