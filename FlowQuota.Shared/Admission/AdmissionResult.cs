using FlowQuota.Ledger;
using FlowQuota.Reservations;

namespace FlowQuota.Admission;

/// <summary>The decision on one call.</summary>
/// <param name="Status">How it was decided; switch over it without a default arm, so that a forgotten case does not compile.</param>
public sealed record AdmissionResult(AdmissionStatus Status)
{
    /// <summary>
    /// The token's quota and limits; null for a token that is refused, and for <see cref="AdmissionStatus.Backlogged"/>.
    /// </summary>
    public Allowance? Allowance { get; init; }

    /// <summary>The call; null unless <see cref="AdmissionStatus.Admitted"/> with a cost.</summary>
    public AdmittedCall? Call { get; init; }

    /// <summary>The token's owner; null unless the call is <see cref="AdmissionStatus.Admitted"/> and asked for it.</summary>
    public string? WorkspaceId { get; init; }

    /// <summary>True if an earlier attempt under the same key was charged, so that this one took nothing.</summary>
    public bool IsRepeat { get; init; }

    /// <summary>
    /// The id of the earlier request whose charge this call shares; null if it is charged by itself, or if the key is a
    /// gateway's.
    /// </summary>
    public string? OriginalRequestId { get; init; }

    /// <summary>For a repeat, the result of the earlier attempt's code as it was kept; empty = none.</summary>
    public ReadOnlyMemory<byte> KeptResult { get; init; }

    /// <summary>The reservation that was made; null if none was asked for, or if it is refused.</summary>
    public Reservation? Reservation { get; init; }

    /// <summary>What became of the items of a batch; null if it is none, or is refused as a whole.</summary>
    public BatchResult? Batch { get; init; }

    /// <summary>The token's end date; null = none, or neither admitted nor <see cref="AdmissionStatus.Exhausted"/>.</summary>
    public DateTime? ExpiresAt { get; init; }

    /// <summary>Whole seconds until the quota refills; null if it never does, or the token ends before that.</summary>
    /// <param name="now">The current time, UTC.</param>
    public int? SecondsToRefill(DateTime now) =>
        Allowance is null || ExpiresAt <= Allowance.Period?.EndsAt ? null : (int?)Allowance.SecondsToPeriodEnd(now);

    /// <summary>Whole seconds until the call fits the rate limit; 0 unless <see cref="AdmissionStatus.RateLimited"/>.</summary>
    public int RetryAfterSeconds => Status == AdmissionStatus.RateLimited ? Allowance?.SpentRate?.ResetSeconds ?? 1 : 0;
}
