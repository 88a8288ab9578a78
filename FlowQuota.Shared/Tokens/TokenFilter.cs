namespace FlowQuota.Tokens;

/// <summary>Which tokens to list. A null condition is ignored; the others must all hold.</summary>
public sealed record TokenFilter
{
    /// <summary>A public id.</summary>
    public string? TokenId { get; init; }

    /// <summary>A workspace, compared exactly.</summary>
    public string? WorkspaceId { get; init; }

    /// <summary>An e-mail address, compared exactly.</summary>
    public string? Email { get; init; }

    /// <summary>Tags that the token must all have; empty = any token.</summary>
    public IReadOnlyList<string> Tags { get; init; } = [];

    /// <summary>What its name begins with, 1-100 characters, compared exactly.</summary>
    public string? NamePrefix { get; init; }

    /// <summary>Whether it is enabled.</summary>
    public bool? IsActive { get; init; }

    /// <summary>Its type.</summary>
    public QuotaType? QuotaType { get; init; }

    /// <summary>It ends before this instant, UTC; a token without an end does not.</summary>
    public DateTime? ExpiresBefore { get; init; }

    /// <summary>Fewer calls than this are left, as SQL has them; a token without a quota has none.</summary>
    public int? RemainingBelow { get; init; }

    /// <summary>Fewer than so many percent of its total are left, as SQL has them.</summary>
    public int? RemainingBelowPercent { get; init; }
}
