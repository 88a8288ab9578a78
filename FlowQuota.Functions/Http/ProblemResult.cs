using System.Globalization;
using System.Text.Json;
using FlowQuota.Admission;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace FlowQuota.Functions.Http;

/// <summary>A failure: <c>{"success":false,"error":{"type":…,"message":…}}</c>.</summary>
/// <param name="request">The request that it answers.</param>
/// <param name="status">HTTP status.</param>
/// <param name="type">One of <see cref="ErrorType"/>.</param>
/// <param name="message">For the caller: the problem and the expected value; never internals.</param>
internal sealed class ProblemResult(FlowRequest request, int status, string type, string message) : FlowResult(request, status)
{
    /// <summary>Whole seconds after which a retry may succeed; null = no header.</summary>
    public int? RetryAfterSeconds { get; init; }

    /// <summary>The methods that the path has; null = no header.</summary>
    public string? Allow { get; init; }

    /// <summary>
    /// The status sent to a gateway instead of the true one, which goes into <c>X-FlowQuota-Status</c>; null = the caller is no
    /// gateway.
    /// </summary>
    public int? GatewayStatus { get; set; }

    /// <summary>The remaining allowance, for the rate limit headers; null = none.</summary>
    public Allowance? Allowance { get; init; }

    /// <summary>Units that reservations hold and that are therefore not left; 0 = none.</summary>
    public int ReservedQuota { get; init; }

    /// <summary>Writes <c>data</c> of a failure that has some (health); null = none.</summary>
    public Action<Utf8JsonWriter>? WriteData { get; init; }

    /// <inheritdoc/>
    protected override int SentStatus => GatewayStatus ?? base.SentStatus;

    protected override void WriteHeaders(IHeaderDictionary headers)
    {
        if (GatewayStatus is not null)
            headers[GatewayHeaders.Status] = base.SentStatus.ToString(CultureInfo.InvariantCulture);
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
        if (ReservedQuota > 0)
            json.WriteNumber("reserved_quota"u8, ReservedQuota);
        json.WriteEndObject();
        if (WriteData is not null)
        {
            json.WritePropertyName("data"u8);
            WriteData(json);
        }

        if (Request.IncludesTiming)
            WriteTiming(json, TimeSpan.Zero);
    }
}
