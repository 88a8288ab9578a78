using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using FlowQuota.Admission;
using Microsoft.AspNetCore.Http;

namespace FlowQuota.Functions.Http;

/// <summary>A success: <c>{"success":true,"data":…,"message":…}</c>.</summary>
/// <typeparam name="T">The type of <c>data</c>.</typeparam>
/// <param name="request">The request that it answers.</param>
/// <param name="data">The value of <c>data</c>.</param>
/// <param name="type">The serializer's metadata, from <see cref="FlowJson"/>.</param>
/// <param name="message">One sentence for people.</param>
internal sealed class DataResult<T>(FlowRequest request, T data, JsonTypeInfo<T> type, string message)
    : FlowResult(request, StatusCodes.Status200OK)
{
    /// <summary>The remaining allowance, for the rate limit headers; null = none.</summary>
    public Allowance? Allowance { get; init; }

    protected override void WriteHeaders(IHeaderDictionary headers)
    {
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
