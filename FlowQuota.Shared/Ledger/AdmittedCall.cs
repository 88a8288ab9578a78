namespace FlowQuota.Ledger;

/// <summary>A call that was admitted and recorded, and whose outcome is not known yet.</summary>
/// <param name="TokenId">The public id.</param>
/// <param name="Cost">Units taken.</param>
/// <param name="RequestId">The request.</param>
/// <param name="Event">The audit event as the admission wrote it, JSON; the outcome repeats it and adds to it.</param>
/// <param name="Run">The run of the Redis server that admitted it, or an earlier one; '' = not known.</param>
public sealed record AdmittedCall(string TokenId, int Cost, string RequestId, string Event, string Run)
{
    /// <summary>A time in the period in which it was admitted, UTC; null = not known, or a token without periods.</summary>
    internal DateTime? PeriodTime { get; init; }

    /// <summary>The key under which it was admitted; null = none.</summary>
    internal ChargeClaim? Claim { get; init; }
}
