using System.Globalization;
using FlowQuota.Functions.Auditing;
using FlowQuota.Functions.Http;
using FlowQuota.Ledger;

namespace FlowQuota.Functions.Usage;

/// <summary>A row of the export: every column, also those that are null in most rows.</summary>
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
