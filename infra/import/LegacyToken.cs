namespace FlowQuota.Import;

/// <summary>A row of the Go system's <c>access_tokens</c>, unchanged. Times are UTC; a date of zeros is <see cref="DateTime.MinValue"/>.</summary>
internal sealed record LegacyToken
{
    public required long Id { get; init; }

    /// <summary>The token itself, in plain text: it may be used for the hash only.</summary>
    public string? Token { get; init; }

    public string? WorkspaceId { get; init; }

    public string? Email { get; init; }

    public DateTime? CreatedAt { get; init; }

    public DateTime? ExpiresAt { get; init; }

    public string? OperationType { get; init; }

    public long? IsActive { get; init; }

    public long? RateLimitPerMinute { get; init; }

    public long? RateLimitBurst { get; init; }

    public long? RateLimitWindowSeconds { get; init; }

    public string? QuotaType { get; init; }

    public long? TotalQuota { get; init; }

    public long? RemainingQuota { get; init; }

    public DateTime? UpdatedAt { get; init; }
}
