namespace FlowQuota.Quotas;

/// <summary>The decision on one call.</summary>
/// <param name="Status">How it was decided; switch over it without a default arm, so that a forgotten case does not compile.</param>
public sealed record Admission(AdmissionStatus Status)
{
    /// <summary>What the token has left; null for a token that is not good, and for <see cref="AdmissionStatus.Backlogged"/>.</summary>
    public Allowance? Allowance { get; init; }

    /// <summary>The call; null unless <see cref="AdmissionStatus.Admitted"/> with a cost.</summary>
    public AdmittedCall? Call { get; init; }

    /// <summary>The token's end date; null = none, or not admitted.</summary>
    public DateTime? ExpiresAt { get; init; }

    /// <summary>Whole seconds until the call would fit the rate limit; 0 unless <see cref="AdmissionStatus.RateLimited"/>.</summary>
    public int RetryAfterSeconds { get; init; }
}
