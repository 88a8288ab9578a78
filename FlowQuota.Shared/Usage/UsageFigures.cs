using FlowQuota.Ledger;

namespace FlowQuota.Usage;

/// <summary>The usage of one bucket and one group; a field of the group is null if usage is not told apart by it.</summary>
public sealed record UsageFigures
{
    /// <summary>Place of the bucket in the query, from 0.</summary>
    public required int Span { get; init; }

    /// <summary>The public id.</summary>
    public string? TokenId { get; init; }

    /// <summary>The workspace that owned the token at that time.</summary>
    public string? WorkspaceId { get; init; }

    /// <summary>The callers' label; '' = calls without one.</summary>
    public string? Meter { get; init; }

    /// <summary>The action of the rows; null also for refusals, which leave no row.</summary>
    public QuotaAction? Action { get; init; }

    /// <summary>How many rows there are.</summary>
    public long Changes { get; init; }

    /// <summary>The sum of their changes.</summary>
    public long QuotaChange { get; init; }

    /// <summary>Calls that were admitted.</summary>
    public long Calls { get; init; }

    /// <summary>Units that they took.</summary>
    public long Units { get; init; }

    /// <summary>Calls whose code failed.</summary>
    public long Failed { get; init; }

    /// <summary>Units that were given back.</summary>
    public long Refunded { get; init; }

    /// <summary>Calls that were refused because too little quota was left.</summary>
    public long RefusedQuota { get; init; }

    /// <summary>Calls that were refused because of a rate limit.</summary>
    public long RefusedRate { get; init; }
}
