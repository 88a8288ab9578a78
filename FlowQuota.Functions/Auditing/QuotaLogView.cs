using FlowQuota.Auditing;
using FlowQuota.Functions.Http;

namespace FlowQuota.Functions.Auditing;

/// <summary>One row of the audit log (contract, section 1, logs).</summary>
internal sealed record QuotaLogView(
    long Id, string Token, string WsId, string Email, int? QuotaBefore, int? QuotaAfter, int QuotaChange, string Action, string RequestId,
    bool? ExecutionSuccess, string? ExecutionErrorType, string? ExecutionErrorMessage, string CreatedAt)
{
    public static readonly (string Word, QuotaAction Value)[] Actions =
    [
        ("init", QuotaAction.Init), ("consume", QuotaAction.Consume), ("refund", QuotaAction.Refund), ("recharge", QuotaAction.Recharge),
    ];

    public static QuotaLogView Of(QuotaLogEntry entry, FlowClock clock) => new(
        entry.Id, entry.TokenId, entry.WorkspaceId, entry.Email, entry.QuotaBefore, entry.QuotaAfter, entry.QuotaChange,
        Actions.First(action => action.Value == entry.Action).Word, entry.RequestId,
        entry.ExecutionSuccess, entry.ExecutionErrorType, entry.ExecutionErrorMessage, clock.Tell(entry.CreatedAt));
}
