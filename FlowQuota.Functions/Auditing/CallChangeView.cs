using FlowQuota.Functions.Http;
using FlowQuota.Ledger;

namespace FlowQuota.Functions.Auditing;

/// <summary>One change that a call made, as its log row shows it, or will.</summary>
internal sealed record CallChangeView(
    string Action, int? QuotaBefore, int? QuotaAfter, int QuotaChange, bool? ExecutionSuccess, string? ExecutionErrorType,
    string? ExecutionErrorMessage, string? IdempotencyKey, string CreatedAt)
{
    public static CallChangeView Of(QuotaLogEntry entry, TimeZoneFormatter clock) => new(
        QuotaLogView.WordOf(entry.Action), entry.QuotaBefore, entry.QuotaAfter, entry.QuotaChange, entry.ExecutionSuccess,
        entry.ExecutionErrorType, entry.ExecutionErrorMessage, entry.IdempotencyKey, clock.Format(entry.CreatedAt));
}
