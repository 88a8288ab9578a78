using FlowQuota.Errors;
using FlowQuota.Functions.Http;
using FlowQuota.Functions.Requests;
using FlowQuota.Tokens;
using Microsoft.AspNetCore.Http;

namespace FlowQuota.Functions.Tokens;

/// <summary>Reads and checks the query of a list that is read by cursor.</summary>
internal static class TokenScanRequests
{
    private static readonly StringListField TagsField = new("tag", TokenTags.Most, DescriptionRequests.Tag, "A tag that the token has; of several, it has them all.");

    private static readonly TextField Name = new("name", DescriptionRequests.MaxName, "What the name begins with; upper and lower case differ.");

    private static readonly FlagField IsActive = new("is_active", "Whether the token is active.");

    private static readonly ChoiceField<QuotaType> Type = new("quota_type", TokenWords.QuotaTypes, "What ends the token.");

    private static readonly StringField EndsBefore = new("expires_before", "The token ends before that, in the zone of FLOW_TIME_ZONE; one without an end does not.")
    {
        Pattern = StringField.DatePattern,
        Expected = "must be a date, yyyy-MM-dd or yyyy-MM-dd HH:mm:ss",
    };

    private static readonly NumberField RemainingBelow = new("remaining_below", 1, int.MaxValue, "Fewer units are left, as SQL has them. A token of type time never matches.");

    private static readonly NumberField PercentBelow = new("remaining_below_percent", 1, 100, "Less of the total is left, in percent.");

    private static readonly ChoiceField<TokenSort> Sort = new("sort",
        [
            ("created_at", TokenSort.CreatedAt), ("expires_at", TokenSort.ExpiresAt), ("name", TokenSort.Name),
            ("remaining_quota", TokenSort.RemainingQuota), ("remaining_percent", TokenSort.RemainingPercent),
        ],
        "The order; by default that of the filter, else created_at.");

    private static readonly ChoiceField<bool> Order = new("order", [("asc", false), ("desc", true)], "asc by default. Tokens without the value come last in both.");

    /// <summary>The parameters that such a list has, and a list by pages does not.</summary>
    public static readonly Field[] Parameters = [TagsField, Name, IsActive, Type, EndsBefore, RemainingBelow, PercentBelow, Sort, Order, TokenCursor.Parameter];

    /// <summary>True for a request for such a list.</summary>
    public static bool IsScan(HttpRequest request) => Parameters.Any(field => request.Query.ContainsKey(field.Name));

    /// <summary>Reads the request.</summary>
    /// <param name="request">The request.</param>
    /// <param name="tokenId">The public id that it asks for; null = any.</param>
    /// <param name="clock">Reads its times.</param>
    public static TokenScan Read(HttpRequest request, string? tokenId, TimeZoneFormatter clock)
    {
        if (request.Query.ContainsKey(Query.Page.Name))
            throw new InvalidFieldException(Query.Page.Name, $"goes with token, ws_id and email alone; give {TokenCursor.Parameter.Name} in its place");
        var filter = new TokenFilter
        {
            TokenId = tokenId,
            WorkspaceId = Query.Text(request, TokenParameters.WorkspaceId),
            Email = Query.Text(request, TokenParameters.Email),
            Tags = Query.Strings(request, TagsField),
            NamePrefix = Query.Text(request, Name),
            IsActive = Query.Flag(request, IsActive),
            QuotaType = Query.Choice(request, Type),
            ExpiresBefore = ExpiresBefore(request, clock),
            RemainingBelow = Query.Number(request, RemainingBelow),
            RemainingBelowPercent = Query.Number(request, PercentBelow),
        };
        var scan = new TokenScan(
            filter,
            Query.Choice(request, Sort) ?? DefaultSort(filter),
            Query.Choice(request, Order) ?? false,
            After: null,
            Query.Paging(request).PageSize);
        return Query.Text(request, TokenCursor.Parameter) is { } cursor
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

    private static DateTime? ExpiresBefore(HttpRequest request, TimeZoneFormatter clock)
    {
        if (Query.String(request, EndsBefore) is not { } text)
            return null;
        return clock.TryParse(text, out var utc, out _) ? utc : throw new InvalidFieldException(EndsBefore.Name, EndsBefore.Expected);
    }
}
