using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using FlowQuota.Quotas;
using Microsoft.AspNetCore.Http;

namespace FlowQuota.Functions.Http;

/// <summary>A success: <c>{"success":true,"data":…,"message":…}</c>.</summary>
/// <typeparam name="T">What <c>data</c> is.</typeparam>
/// <param name="request">The request that it answers.</param>
/// <param name="data">What <c>data</c> says.</param>
/// <param name="type">How it is written; from <see cref="FlowJson"/>.</param>
/// <param name="message">One sentence for people.</param>
internal sealed class DataAnswer<T>(FlowRequest request, T data, JsonTypeInfo<T> type, string message)
    : FlowAnswer(request, StatusCodes.Status200OK)
{
    /// <summary>What the token has left, for the rate limit headers; null = none.</summary>
    public Allowance? Allowance { get; init; }

    /// <summary>True for a repeat that is answered as the first request was.</summary>
    public bool IsReplay { get; init; }

    protected override void WriteHeaders(IHeaderDictionary headers)
    {
        if (IsReplay)
            headers["Idempotent-Replayed"] = "true";
        if (Allowance is not null)
            RateLimitHeaders.Write(headers, Allowance, Request.Clock);
    }

    protected override void WriteFields(Utf8JsonWriter json)
    {
        json.WriteBoolean("success"u8, true);
        json.WritePropertyName("data"u8);
        JsonSerializer.Serialize(json, data, type);
        json.WriteString("message"u8, message);
    }
}
