using FlowQuota.Ledger;

namespace FlowQuota.Sql;

/// <summary>The columns that decide whether an entry and a stored log row are the same change.</summary>
internal sealed class StoredChange
{
    public required string Token { get; init; }

    public int Epoch { get; init; }

    public long Seq { get; init; }

    public required string RequestId { get; init; }

    public QuotaAction Action { get; init; }

    public DateTime CreatedAt { get; init; }
}
