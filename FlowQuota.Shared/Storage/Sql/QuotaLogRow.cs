using FlowQuota.Auditing;
using FlowQuota.Quotas;

namespace FlowQuota.Storage.Sql;

/// <summary>A row of <c>token_quota_logs</c> as it is read.</summary>
internal sealed class QuotaLogRow
{
    /// <summary>The columns, by the names of the properties.</summary>
    public const string Columns = """
        id AS Id, token AS Token, ws_id AS WorkspaceId, email AS Email, epoch AS Epoch, seq AS Seq,
        quota_before AS QuotaBefore, quota_after AS QuotaAfter, quota_change AS QuotaChange, action AS Action,
        request_id AS RequestId, execution_success AS ExecutionSuccess, execution_error_type AS ExecutionErrorType,
        execution_error_message AS ExecutionErrorMessage, created_at AS CreatedAt, total_after AS TotalAfter
        """;

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
    };
}
