using FlowQuota.Ledger;
using FlowQuota.Usage;

namespace FlowQuota.Sql;

/// <summary>A row of <c>count_usage.sql</c>.</summary>
internal sealed class UsageCountRow
{
    public required string Token { get; init; }

    public required string WorkspaceId { get; init; }

    public required string Meter { get; init; }

    public QuotaAction Action { get; init; }

    public long Changes { get; init; }

    public long QuotaChange { get; init; }

    public long Failed { get; init; }

    /// <summary>The row as the domain knows it.</summary>
    public UsageCount ToCount() => new(Token, WorkspaceId, Meter, Action, Changes, QuotaChange, Failed);
}
