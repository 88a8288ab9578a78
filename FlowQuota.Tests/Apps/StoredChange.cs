namespace FlowQuota.Tests.Apps;

/// <summary>A row of <c>token_quota_logs</c>, with SQL's names and values.</summary>
public sealed record StoredChange
{
    public int Epoch { get; init; }

    public long Seq { get; init; }

    public int? Before { get; init; }

    public int? After { get; init; }

    public int Change { get; init; }

    public string Action { get; init; } = "";

    public string RequestId { get; init; } = "";

    public bool? Success { get; init; }

    public string? ErrorType { get; init; }

    public string? ErrorMessage { get; init; }

    public int? TotalAfter { get; init; }

    public DateTime? EffectiveAt { get; init; }

    public int? Period { get; init; }

    public string? PeriodState { get; init; }

    public DateTime CreatedAt { get; init; }
}
