using System.Globalization;
using System.Text.Json;
using FlowQuota.Admission;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace FlowQuota.Functions.Http;

/// <summary>A failure: <c>{"success":false,"error":{"type":…,"message":…}}</c>.</summary>
/// <param name="request">The request that it answers.</param>
/// <param name="type">The kind of failure.</param>
/// <param name="message">For the caller: the problem and the expected value; never internals.</param>
internal sealed class ProblemResult(FlowRequest request, ErrorType type, string message) : FlowResult(request, type.Status)
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
        WriteFailure(json, type, message, reservedQuota: ReservedQuota);
        if (WriteData is not null)
        {
            json.WritePropertyName("data"u8);
            WriteData(json);
        }

        if (Request.Operation.TellsTiming)
            WriteTiming(json, TimeSpan.Zero);
    }
}
