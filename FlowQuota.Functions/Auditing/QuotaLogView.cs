using System.Text.Json.Serialization;
using FlowQuota.Functions.Http;
using FlowQuota.Ledger;

namespace FlowQuota.Functions.Auditing;

/// <summary>One row of the audit log. Rows of a period's end have two fields more.</summary>
/// <param name="Id">Number of the row, in the order in which rows were written.</param>
/// <param name="Token">The public id of the token.</param>
/// <param name="WsId">Its workspace.</param>
/// <param name="Email">Its owner's e-mail address.</param>
/// <param name="QuotaBefore">Units left before; null for a token without a quota.</param>
/// <param name="QuotaAfter">Units left after it; null for a token without a quota.</param>
/// <param name="QuotaChange">The difference; negative if units were taken.</param>
/// <param name="Action"><c>init</c>, <c>consume</c>, <c>refund</c>, <c>recharge</c>, <c>refill</c>, <c>expire</c>, <c>reserve</c> or <c>release</c>.</param>
/// <param name="RequestId">The request that made it.</param>
/// <param name="ExecutionSuccess">Whether the code succeeded; null if no code ran, or if its outcome is not known.</param>
/// <param name="ExecutionErrorType">What the code failed with; null if it did not.</param>
/// <param name="ExecutionErrorMessage">The message of that, or a note on the row; null if there is none.</param>
/// <param name="CreatedAt">When it was made.</param>
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
