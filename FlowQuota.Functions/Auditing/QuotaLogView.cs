using System.Text.Json.Serialization;
using FlowQuota.Functions.Http;
using FlowQuota.Ledger;

namespace FlowQuota.Functions.Auditing;

/// <summary>One row of the audit log. Rows of a period's end have two fields more.</summary>
internal sealed record QuotaLogView(
    long Id, string Token, string WsId, string Email, int? QuotaBefore, int? QuotaAfter, int QuotaChange, string Action, string RequestId,
    bool? ExecutionSuccess, string? ExecutionErrorType, string? ExecutionErrorMessage, string CreatedAt)
{
    public static readonly (string Word, QuotaAction Value)[] Actions =
    [
        ("init", QuotaAction.Init), ("consume", QuotaAction.Consume), ("refund", QuotaAction.Refund), ("recharge", QuotaAction.Recharge),
        ("refill", QuotaAction.Refill), ("expire", QuotaAction.Expire), ("reserve", QuotaAction.Reserve), ("release", QuotaAction.Release),
    ];

    /// <summary>The caller's idempotency key; left out if there is none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? IdempotencyKey { get; init; }

    /// <summary>The reservation whose units are held, released or consumed; left out if there is none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? ReservationId { get; init; }

    /// <summary>The caller's label for what was used; left out if there is none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Meter { get; init; }

    /// <summary>The boundary that a refill or expiry belongs to; null for other rows.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? EffectiveAt { get; init; }

    /// <summary>Number of the period that a refill begins or an expiry ends; null for other rows.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? Period { get; init; }

    public static string WordOf(QuotaAction value) => Actions.First(action => action.Value == value).Word;

    public static QuotaLogView Of(QuotaLogEntry entry, TimeZoneFormatter clock) => new(
        entry.Id, entry.TokenId, entry.WorkspaceId, entry.Email, entry.QuotaBefore, entry.QuotaAfter, entry.QuotaChange,
        WordOf(entry.Action), entry.RequestId,
        entry.ExecutionSuccess, entry.ExecutionErrorType, entry.ExecutionErrorMessage, clock.Format(entry.CreatedAt))
    {
        EffectiveAt = clock.Format(entry.EffectiveAt),
        Period = entry.Period,
        IdempotencyKey = entry.IdempotencyKey,
        ReservationId = entry.ReservationId,
        Meter = entry.Meter,
    };
}
