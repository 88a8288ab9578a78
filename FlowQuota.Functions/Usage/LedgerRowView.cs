using System.Globalization;
using FlowQuota.Functions.Auditing;
using FlowQuota.Functions.Http;
using FlowQuota.Ledger;

namespace FlowQuota.Functions.Usage;

/// <summary>A row of the export: every column, also those that are null in most rows.</summary>
/// <param name="Id">Number of the row, in the order in which rows were written.</param>
/// <param name="Token">The public id of the token.</param>
/// <param name="WsId">Its workspace.</param>
/// <param name="Email">Its owner's e-mail address.</param>
/// <param name="Epoch">First part of the row's position in the token's ledger.</param>
/// <param name="Seq">Second part of it.</param>
/// <param name="QuotaBefore">Units left before; null for a token without a quota.</param>
/// <param name="QuotaAfter">Units left after it; null for a token without a quota.</param>
/// <param name="QuotaChange">The difference; negative if units were taken.</param>
/// <param name="TotalAfter">Units granted after it; null where it did not change them.</param>
/// <param name="Action"><c>init</c>, <c>consume</c>, <c>refund</c>, <c>recharge</c>, <c>refill</c>, <c>expire</c>, <c>reserve</c> or <c>release</c>.</param>
/// <param name="RequestId">The request that made it.</param>
/// <param name="ExecutionSuccess">Whether the code succeeded; null if no code ran, or if its outcome is not known.</param>
/// <param name="ExecutionErrorType">What the code failed with; null if it did not.</param>
/// <param name="ExecutionErrorMessage">The message of that, or a note on the row; null if there is none.</param>
/// <param name="CreatedAt">When it was made.</param>
/// <param name="CreatedAtUtc">The same in UTC, with milliseconds.</param>
/// <param name="EffectiveAt">The boundary that a refill or expiry belongs to; null for other rows.</param>
/// <param name="Period">Number of the period that a refill begins or an expiry ends; null for other rows.</param>
/// <param name="ReservationId">The reservation whose units are held, released or consumed; null if there is none.</param>
/// <param name="IdempotencyKey">The caller's key; null if it gave none.</param>
/// <param name="Meter">The caller's label for what was used; null if it gave none.</param>
internal sealed record LedgerRowView(
    long Id, string Token, string WsId, string Email, int Epoch, long Seq, int? QuotaBefore, int? QuotaAfter, int QuotaChange, int? TotalAfter,
    string Action, string RequestId, bool? ExecutionSuccess, string? ExecutionErrorType, string? ExecutionErrorMessage, string CreatedAt,
    string CreatedAtUtc, string? EffectiveAt, int? Period, string? ReservationId, string? IdempotencyKey, string? Meter)
{
    public static LedgerRowView Of(QuotaLogEntry entry, TimeZoneFormatter clock) => new(
        entry.Id, entry.TokenId, entry.WorkspaceId, entry.Email, entry.Position.Epoch, entry.Position.Seq, entry.QuotaBefore, entry.QuotaAfter,
        entry.QuotaChange, entry.TotalAfter, QuotaLogView.WordOf(entry.Action), entry.RequestId, entry.ExecutionSuccess, entry.ExecutionErrorType,
        entry.ExecutionErrorMessage, clock.Format(entry.CreatedAt), entry.CreatedAt.ToString("yyyy-MM-dd HH:mm:ss.fff", CultureInfo.InvariantCulture),
        clock.Format(entry.EffectiveAt), entry.Period, entry.ReservationId, entry.IdempotencyKey, entry.Meter);
}
