using FlowQuota.Errors;
using FlowQuota.Functions.Http;
using FlowQuota.Tokens;
using Microsoft.AspNetCore.Http;

namespace FlowQuota.Functions.Tokens;

/// <summary>Reads and checks the query of a list that is read by cursor.</summary>
internal static class TokenScanRequests
{
    /// <summary>The parameters that such a list has, and a list by pages does not.</summary>
    public static readonly string[] Parameters =
    [
        "tag", "name", "is_active", "quota_type", "expires_before", "remaining_below", "remaining_below_percent", "sort", "order", TokenCursor.Parameter,
    ];

    private const int MaxName = 100;

    private static readonly (string Word, TokenSort Value)[] Sorts =
    [
        ("created_at", TokenSort.CreatedAt), ("expires_at", TokenSort.ExpiresAt), ("name", TokenSort.Name),
        ("remaining_quota", TokenSort.RemainingQuota), ("remaining_percent", TokenSort.RemainingPercent),
    ];

    /// <summary>True for a request for such a list.</summary>
    public static bool IsScan(HttpRequest request) => Parameters.Any(request.Query.ContainsKey);

    /// <summary>Reads the request.</summary>
    /// <param name="request">The request.</param>
    /// <param name="tokenId">The public id that it asks for; null = any.</param>
    /// <param name="clock">Reads its times.</param>
    public static TokenScan Read(HttpRequest request, string? tokenId, TimeZoneFormatter clock)
    {
        if (request.Query.ContainsKey("page"))
            throw new InvalidFieldException("page", $"goes with token, ws_id and email alone; give {TokenCursor.Parameter} in its place");
        var filter = new TokenFilter
        {
            TokenId = tokenId,
            WorkspaceId = Query.Text(request, "ws_id"),
            Email = Query.Text(request, "email"),
            Tags = Tags(request),
            NamePrefix = Name(request),
            IsActive = Query.Choice(request, "is_active", ("true", true), ("false", false)),
            QuotaType = Query.Choice(request, "quota_type", TokenWords.QuotaTypes),
            ExpiresBefore = ExpiresBefore(request, clock),
            RemainingBelow = Query.Number(request, "remaining_below", 1, int.MaxValue),
            RemainingBelowPercent = Query.Number(request, "remaining_below_percent", 1, 100),
        };
        var scan = new TokenScan(
            filter,
            Query.Choice(request, "sort", Sorts) ?? DefaultSort(filter),
            Query.Choice(request, "order", ("asc", false), ("desc", true)) ?? false,
            After: null,
            Query.Paging(request).PageSize);
        return Query.Text(request, TokenCursor.Parameter, mayBeEmpty: true, TokenCursor.MaxLength) is { } cursor
            ? scan with { After = TokenCursor.Read(scan, cursor) }
            : scan;
    }

    // The order of the index that finds the tokens, so that each page is full.
    private static TokenSort DefaultSort(TokenFilter filter) => filter switch
    {
        { RemainingBelow: not null } => TokenSort.RemainingQuota,
        { RemainingBelowPercent: not null } => TokenSort.RemainingPercent,
        { ExpiresBefore: not null } => TokenSort.ExpiresAt,
        { NamePrefix: not null } => TokenSort.Name,
        _ => TokenSort.CreatedAt,
    };

    private static IReadOnlyList<string> Tags(HttpRequest request)
    {
        const string name = "tag";
        var tags = request.Query[name];
        if (tags.Count > TokenTags.Most)
            throw new InvalidFieldException(name, $"must be given at most {TokenTags.Most} times");
        foreach (string? tag in tags)
        {
            if (!TokenTags.IsTag(tag ?? ""))
                throw new InvalidFieldException(name, DescriptionRequests.ExpectedTag);
        }

        return [.. tags.Select(tag => tag!).Distinct(StringComparer.Ordinal)];
    }

    private static string? Name(HttpRequest request)
    {
        const string name = "name";
        return Query.Text(request, name) is not { } prefix || prefix.Length <= MaxName
            ? Query.Text(request, name)
            : throw new InvalidFieldException(name, $"must be the first 1 to {MaxName} characters of a name");
    }

    private static DateTime? ExpiresBefore(HttpRequest request, TimeZoneFormatter clock)
    {
        const string name = "expires_before";
        if (Query.Text(request, name) is not { } text)
            return null;
        return clock.TryParse(text, out var utc, out _) ? utc : throw new InvalidFieldException(name, "must be a date, yyyy-MM-dd or yyyy-MM-dd HH:mm:ss");
    }
}
