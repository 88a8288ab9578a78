using FlowQuota.Ledger;
using FlowQuota.Usage;

namespace FlowQuota.Sql;

/// <summary>A row of <c>read_usage.sql</c>, <c>read_usage_totals.sql</c> or <c>read_refusals.sql</c>.</summary>
internal sealed class UsageFiguresRow
{
    public int Span { get; init; }

    public string? OfToken { get; init; }

    public string? OfWorkspace { get; init; }

    public string? OfMeter { get; init; }

    public QuotaAction? OfAction { get; init; }

    public long Changes { get; init; }

    public long QuotaChange { get; init; }

    public long Failed { get; init; }

    public long Calls { get; init; }

    public long Units { get; init; }

    public long Refunded { get; init; }

    public long RefusedQuota { get; init; }

    public long RefusedRate { get; init; }

    /// <summary>The row as the domain knows it.</summary>
    public UsageFigures ToFigures() => new()
    {
        Span = Span,
        TokenId = OfToken,
        WorkspaceId = OfWorkspace,
        Meter = OfMeter,
        Action = OfAction,
        Changes = Changes,
        QuotaChange = QuotaChange,
        Calls = Calls,
        Units = Units,
        Failed = Failed,
        Refunded = Refunded,
        RefusedQuota = RefusedQuota,
        RefusedRate = RefusedRate,
    };
}
