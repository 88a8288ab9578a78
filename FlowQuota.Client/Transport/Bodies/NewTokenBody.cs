using System.Text.Json;
using FlowQuota.Client.Administration;

namespace FlowQuota.Client.Transport.Bodies;

/// <summary>The body of create.</summary>
internal sealed record NewTokenBody
{
    public required string WsId { get; init; }

    public required string Email { get; init; }

    public required string Operation { get; init; }

    public int? Days { get; init; }

    public DateTime? SpecificDate { get; init; }

    public QuotaType QuotaType { get; init; }

    public int? TotalQuota { get; init; }

    public PeriodBody? Period { get; init; }

    public int? RateLimitPerMinute { get; init; }

    public int? RateLimitBurst { get; init; }

    public int? RateLimitWindowSeconds { get; init; }

    public string? Name { get; init; }

    public IReadOnlyList<string>? Tags { get; init; }

    public JsonElement? Metadata { get; init; }

    public static NewTokenBody Of(NewToken token) => new()
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
}
