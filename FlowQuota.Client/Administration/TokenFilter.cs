using System.Globalization;
using System.Text;
using System.Text.Json;
using FlowQuota.Client.Transport;

namespace FlowQuota.Client.Administration;

/// <summary>Which tokens to find; all that is given must match.</summary>
public sealed record TokenFilter
{
    /// <summary>The workspace; null = any.</summary>
    public string? WorkspaceId { get; init; }

    /// <summary>The e-mail address; null = any.</summary>
    public string? Email { get; init; }

    /// <summary>At most 16 labels, which the token must all have.</summary>
    public IReadOnlyList<string> Tags { get; init; } = [];

    /// <summary>What the name begins with, 1-100 characters; null = anything.</summary>
    public string? NamePrefix { get; init; }

    /// <summary>Whether it is active; null = either.</summary>
    public bool? IsActive { get; init; }

    /// <summary>What ends it; null = any.</summary>
    public QuotaType? QuotaType { get; init; }

    /// <summary>It ends before this time in the service's zone; null = any.</summary>
    public DateTime? ExpiresBefore { get; init; }

    /// <summary>Fewer units are left, 1 or more; null = any.</summary>
    public int? RemainingBelow { get; init; }

    /// <summary>Less of the total is left, in percent, 1-100; null = any.</summary>
    public int? RemainingBelowPercent { get; init; }

    /// <summary>The order; null = that of the filter that needs the fewest reads.</summary>
    public TokenSort? Sort { get; init; }

    /// <summary>True for the opposite order.</summary>
    public bool IsDescending { get; init; }

    /// <summary>How many tokens a request gets at most, 1-1,000.</summary>
    public int PageSize { get; init; } = 100;

    /// <summary>The path of a page.</summary>
    /// <param name="cursor">Of the page before; empty for the first.</param>
    internal string Page(string cursor)
    {
        var path = new StringBuilder("flow/tokens?cursor=").Append(Uri.EscapeDataString(cursor));
        void Add(string name, string? value)
        {
            if (value is not null)
                path.Append('&').Append(name).Append('=').Append(Uri.EscapeDataString(value));
        }

        Add("page_size", Text(PageSize));
        Add("ws_id", WorkspaceId);
        Add("email", Email);
        foreach (string tag in Tags)
            Add("tag", tag);
        Add("name", NamePrefix);
        Add("is_active", IsActive is { } isActive ? isActive ? "true" : "false" : null);
        Add("quota_type", Word(QuotaType));
        Add("expires_before", ExpiresBefore is { } time ? LocalTimeConverter.Write(time) : null);
        Add("remaining_below", Text(RemainingBelow));
        Add("remaining_below_percent", Text(RemainingBelowPercent));
        Add("sort", Word(Sort));
        Add("order", IsDescending ? "desc" : null);
        return path.ToString();
    }

    private static string? Text(int? number) => number?.ToString(CultureInfo.InvariantCulture);

    private static string? Word<T>(T? value)
        where T : struct, Enum => value is { } word ? JsonNamingPolicy.SnakeCaseLower.ConvertName(word.ToString()) : null;
}
