using System.Text.Json.Serialization;
using FlowQuota.Periods;
using FlowQuota.Reservations;

namespace FlowQuota.Ledger;

/// <summary>One change of a quota: one row of <c>token_quota_logs</c>.</summary>
public sealed record QuotaLogEntry
{
    /// <summary>Row number; 0 until stored.</summary>
    public long Id { get; init; }

    /// <summary>The public id; column <c>token</c>.</summary>
    public required string TokenId { get; init; }

    /// <summary>The owner's workspace; column <c>ws_id</c>.</summary>
    public required string WorkspaceId { get; init; }

    /// <summary>The owner's e-mail address.</summary>
    public required string Email { get; init; }

    /// <summary>Columns <c>epoch</c> and <c>seq</c>, which with the token identify the change.</summary>
    public required LedgerPosition Position { get; init; }

    /// <summary>Calls left before; null for a token without a quota.</summary>
    public int? QuotaBefore { get; init; }

    /// <summary>Calls left after; null for a token without a quota.</summary>
    public int? QuotaAfter { get; init; }

    /// <summary>After minus before, a null counting as 0.</summary>
    public int QuotaChange { get; init; }

    /// <summary>What changed the quota.</summary>
    public required QuotaAction Action { get; init; }

    /// <summary>The request that caused the change, 1-64 characters.</summary>
    public required string RequestId { get; init; }

    /// <summary>Whether the call's code succeeded; null if there was none or its outcome was not recorded.</summary>
    public bool? ExecutionSuccess { get; init; }

    /// <summary>The error's type if the code failed, at most 100 characters.</summary>
    public string? ExecutionErrorType { get; init; }

    /// <summary>The error's message if the code failed, at most 500 characters.</summary>
    public string? ExecutionErrorMessage { get; init; }

    /// <summary>
    /// True for an outcome that reached a later run of Redis than its call: it fills in the row if there is one, and adds none.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool IsLateOutcome { get; init; }

    /// <summary>
    /// Calls granted after an admin's change; null if the change left the total as it was (consume, refund), for a token
    /// without a quota, and in rows of versions that did not write it.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int? TotalAfter { get; init; }

    /// <summary>The boundary of a refill or expiry, UTC; null in other rows.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public DateTime? EffectiveAt { get; init; }

    /// <summary>Number of the period that a refill begins or an expiry ends; null in other rows.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int? Period { get; init; }

    /// <summary>The period after the change, in rows that state <see cref="TotalAfter"/>; null for a token without periods.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public PeriodState? PeriodState { get; init; }

    /// <summary>The reservation whose units are held, released or committed; null in other rows.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public string? ReservationId { get; init; }

    /// <summary>
    /// The reservation after the change, in the first row of each of its changes; null in other rows. It goes into
    /// <c>quota_reservations</c>, not into the row.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public Reservation? Reservation { get; init; }

    /// <summary>The caller's idempotency key; null = none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public string? IdempotencyKey { get; init; }

    /// <summary>The caller's label for what was used; null = none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public string? Meter { get; init; }

    /// <summary>When the change happened, UTC, to the millisecond; the same in every copy of the entry.</summary>
    public required DateTime CreatedAt { get; init; }
}
