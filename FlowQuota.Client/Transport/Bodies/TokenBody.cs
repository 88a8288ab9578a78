using System.Text.Json;
using System.Text.Json.Nodes;
using FlowQuota.Client.Administration;

namespace FlowQuota.Client.Transport.Bodies;

/// <summary>The body of create and of change. In a change, what is left out stays, and a null removes.</summary>
internal sealed record TokenBody
{
    public string? WsId { get; init; }

    public string? Email { get; init; }

    public string? Operation { get; init; }

    public int? Days { get; init; }

    public DateTime? SpecificDate { get; init; }

    public bool? IsActive { get; init; }

    public QuotaType? QuotaType { get; init; }

    public int? TotalQuota { get; init; }

    public QuotaOperation? QuotaOperation { get; init; }

    public int? QuotaAmount { get; init; }

    public PeriodBody? Period { get; init; }

    public int? RateLimitPerMinute { get; init; }

    public int? RateLimitBurst { get; init; }

    public int? RateLimitWindowSeconds { get; init; }

    public string? Name { get; init; }

    public IReadOnlyList<string>? Tags { get; init; }

    public JsonElement? Metadata { get; init; }

    /// <summary>A new token as it is sent.</summary>
    public static byte[] Of(NewToken token)
    {
        var body = new TokenBody
        {
            WsId = token.WorkspaceId,
            Email = token.Email,
            Operation = Expiry.OperationOf(token.Days, token.ExpiresAt) ?? Expiry.Unlimited,
            Days = token.Days,
            SpecificDate = token.ExpiresAt,
            QuotaType = token.QuotaType,
            TotalQuota = token.TotalQuota,
            Period = PeriodBody.Of(token.Period),
            RateLimitPerMinute = token.RateLimitPerMinute,
            RateLimitBurst = token.RateLimitBurst,
            RateLimitWindowSeconds = token.RateLimitWindowSeconds,
            Name = token.Name,
            Tags = token.Tags,
            Metadata = token.Metadata,
        };
        return JsonSerializer.SerializeToUtf8Bytes(body, ClientJson.Default.TokenBody);
    }

    /// <summary>A change as it is sent.</summary>
    public static byte[] Of(TokenChange change)
    {
        var body = new TokenBody
        {
            Operation = Expiry.OperationOf(change.Days, change.ExpiresAt),
            Days = change.Days,
            SpecificDate = change.ExpiresAt,
            IsActive = change.IsActive,
            QuotaType = change.QuotaType,
            QuotaOperation = change.QuotaOperation,
            QuotaAmount = change.QuotaAmount,
            Period = PeriodBody.Of(change.Period),
            RateLimitPerMinute = change.RateLimitPerMinute,
            RateLimitBurst = change.RateLimitBurst,
            RateLimitWindowSeconds = change.RateLimitWindowSeconds,
            Name = change.Name,
            Tags = change.Tags,
            Metadata = change.Metadata,
        };
        var fields = JsonSerializer.SerializeToNode(body, ClientJson.Default.TokenBody)!.AsObject();
        foreach (var (field, name) in Removable)
        {
            if (change.Removes.HasFlag(field) && !fields.TryAdd(name, null))
                throw new ArgumentException($"{field} is set and removed in one change.", nameof(change));
        }

        if (change.Removes.HasFlag(TokenFields.ExpiresAt) && !fields.TryAdd("operation", JsonValue.Create(Expiry.Unlimited)))
            throw new ArgumentException($"{TokenFields.ExpiresAt} is set and removed in one change.", nameof(change));
        return JsonSerializer.SerializeToUtf8Bytes(fields, ClientJson.Default.JsonObject);
    }

    private static readonly (TokenFields Field, string Name)[] Removable =
    [
        (TokenFields.RateLimitPerMinute, "rate_limit_per_minute"),
        (TokenFields.RateLimitBurst, "rate_limit_burst"),
        (TokenFields.Period, "period"),
        (TokenFields.Name, "name"),
        (TokenFields.Tags, "tags"),
        (TokenFields.Metadata, "metadata"),
    ];
}
