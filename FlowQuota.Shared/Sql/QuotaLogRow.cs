using FlowQuota.Ledger;
using FlowQuota.Periods;

namespace FlowQuota.Sql;

/// <summary>A row of <c>token_quota_logs</c> as it is read.</summary>
internal sealed class QuotaLogRow
{
    public long Id { get; init; }

    public required string Token { get; init; }

    public required string WorkspaceId { get; init; }

    public required string Email { get; init; }

    public int Epoch { get; init; }

    public long Seq { get; init; }

    public int? QuotaBefore { get; init; }

    public int? QuotaAfter { get; init; }

    public int QuotaChange { get; init; }

    public QuotaAction Action { get; init; }

    public required string RequestId { get; init; }

    public bool? ExecutionSuccess { get; init; }

    public string? ExecutionErrorType { get; init; }

    public string? ExecutionErrorMessage { get; init; }

    public DateTime CreatedAt { get; init; }

    public int? TotalAfter { get; init; }

    public DateTime? EffectiveAt { get; init; }

    public int? Period { get; init; }

    public PeriodState? PeriodState { get; init; }

    public string? ReservationId { get; init; }

    public string? IdempotencyKey { get; init; }

    public string? Meter { get; init; }

    /// <summary>The row as the domain knows it.</summary>
    public QuotaLogEntry ToEntry() => new()
    {
        Id = Id,
        TokenId = Token,
        WorkspaceId = WorkspaceId,
        Email = Email,
        Position = new LedgerPosition(Epoch, Seq),
        QuotaBefore = QuotaBefore,
        QuotaAfter = QuotaAfter,
        QuotaChange = QuotaChange,
        Action = Action,
        RequestId = RequestId,
        ExecutionSuccess = ExecutionSuccess,
        ExecutionErrorType = ExecutionErrorType,
        ExecutionErrorMessage = ExecutionErrorMessage,
        CreatedAt = CreatedAt,
        TotalAfter = TotalAfter,
        EffectiveAt = EffectiveAt,
        Period = Period,
        PeriodState = PeriodState,
        ReservationId = ReservationId,
        IdempotencyKey = IdempotencyKey,
        Meter = Meter,
    };
}
