using FlowQuota.Functions.Http;
using FlowQuota.Ledger;

namespace FlowQuota.Functions.Auditing;

/// <summary>One change that a call made, as its log row shows it, or will.</summary>
/// <param name="Action"><c>init</c>, <c>consume</c>, <c>refund</c>, <c>recharge</c>, <c>refill</c>, <c>expire</c>, <c>reserve</c> or <c>release</c>.</param>
/// <param name="QuotaBefore">Units left before; null for a token without a quota.</param>
/// <param name="QuotaAfter">Units left after it; null for a token without a quota.</param>
/// <param name="QuotaChange">The difference; negative if units were taken.</param>
/// <param name="ExecutionSuccess">Whether the code succeeded; null if no code ran, or if its outcome is not known.</param>
/// <param name="ExecutionErrorType">What the code failed with; null if it did not.</param>
/// <param name="ExecutionErrorMessage">The message of that, or a note on the row; null if there is none.</param>
/// <param name="IdempotencyKey">The caller's key; null if it gave none.</param>
/// <param name="CreatedAt">When it was made.</param>
internal sealed record CallChangeView(
    string Action, int? QuotaBefore, int? QuotaAfter, int QuotaChange, bool? ExecutionSuccess, string? ExecutionErrorType,
    string? ExecutionErrorMessage, string? IdempotencyKey, string CreatedAt)
{
    public static CallChangeView Of(QuotaLogEntry entry, TimeZoneFormatter clock) => new(
        QuotaLogView.WordOf(entry.Action), entry.QuotaBefore, entry.QuotaAfter, entry.QuotaChange, entry.ExecutionSuccess,
        entry.ExecutionErrorType, entry.ExecutionErrorMessage, entry.IdempotencyKey, clock.Format(entry.CreatedAt));
}
