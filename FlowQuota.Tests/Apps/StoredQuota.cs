namespace FlowQuota.Tests.Apps;

/// <summary>The quota columns of a row of <c>access_tokens</c>.</summary>
public sealed record StoredQuota
{
    public int? Remaining { get; init; }

    public int? Total { get; init; }

    public int SyncedEpoch { get; init; }

    public long SyncedSeq { get; init; }

    public int QuotaEpoch { get; init; }

    public string? PeriodState { get; init; }
}
