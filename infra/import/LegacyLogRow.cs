namespace FlowQuota.Import;

/// <summary>A row of the Go system's <c>token_quota_logs</c>, unchanged. Times as in <see cref="LegacyToken"/>.</summary>
internal sealed record LegacyLogRow
{
    public required long Id { get; init; }

    /// <summary>The token in plain text.</summary>
    public required string Token { get; init; }

    public string? WorkspaceId { get; init; }

    public string? Email { get; init; }

    public long? QuotaBefore { get; init; }

    public long? QuotaAfter { get; init; }

    public long? QuotaChange { get; init; }

    public string? Action { get; init; }

    public string? RequestId { get; init; }

    public long? ExecutionSuccess { get; init; }

    public string? ExecutionErrorType { get; init; }

    public string? ExecutionErrorMessage { get; init; }

    public DateTime? CreatedAt { get; init; }
}
