using System.Globalization;
using System.Text.Json;
using FlowQuota.Quotas;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace FlowQuota.Functions.Http;

/// <summary>A failure: <c>{"success":false,"error":{"type":…,"message":…}}</c>.</summary>
/// <param name="request">The request that it answers.</param>
/// <param name="status">HTTP status.</param>
/// <param name="type">One of <see cref="ErrorType"/>.</param>
/// <param name="message">For the caller: what is wrong and what was expected; never internals.</param>
internal sealed class ProblemAnswer(FlowRequest request, int status, string type, string message) : FlowAnswer(request, status)
{
    /// <summary>Whole seconds after which it may go better; null = says nothing.</summary>
    public int? RetryAfterSeconds { get; init; }

    /// <summary>The methods that the path has; null = says nothing.</summary>
    public string? Allow { get; init; }

    /// <summary>What the token has left, for the rate limit headers; null = none.</summary>
    public Allowance? Allowance { get; init; }

    /// <summary>Writes <c>data</c> where a failure has something to tell (health); null = none.</summary>
    public Action<Utf8JsonWriter>? WriteData { get; init; }

    protected override void WriteHeaders(IHeaderDictionary headers)
    {
        if (StatusCode == StatusCodes.Status401Unauthorized)
            headers[HeaderNames.WWWAuthenticate] = "Bearer";
        if (RetryAfterSeconds is { } seconds)
            headers[HeaderNames.RetryAfter] = seconds.ToString(CultureInfo.InvariantCulture);
        if (Allow is not null)
            headers[HeaderNames.Allow] = Allow;
        if (Allowance is not null)
            RateLimitHeaders.Write(headers, Allowance, Request.Clock);
    }

    protected override void WriteFields(Utf8JsonWriter json)
    {
        json.WriteBoolean("success"u8, false);
        json.WriteStartObject("error"u8);
        json.WriteString("type"u8, type);
        json.WriteString("message"u8, message);
        json.WriteEndObject();
        if (WriteData is not null)
        {
            json.WritePropertyName("data"u8);
            WriteData(json);
        }

        if (Request.TellsTiming)
            WriteTiming(json, TimeSpan.Zero);
    }
}
