using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace FlowQuota.Client.Transport;

/// <summary>A response to a call, read to its end.</summary>
internal sealed class Reply
{
    private readonly Call _call;
    private readonly Envelope? _envelope;

    /// <param name="call">The call.</param>
    /// <param name="response">The response; need not live on.</param>
    /// <param name="body">Its body.</param>
    /// <param name="now">The current time, to read a <c>Retry-After</c> that is a date.</param>
    public Reply(Call call, HttpResponseMessage response, byte[] body, DateTimeOffset now)
    {
        (_call, Body, Status, Headers) = (call, body, response.StatusCode, response.Headers);
        RetryAfter = Wait(response.Headers.RetryAfter, now);
        _envelope = ReadEnvelope(body);
    }

    public HttpStatusCode Status { get; }

    public HttpResponseHeaders Headers { get; }

    /// <summary>The body as it came.</summary>
    public byte[] Body { get; }

    /// <summary>How long to wait before a repeat; null if the response does not say.</summary>
    public TimeSpan? RetryAfter { get; }

    /// <summary>The failure; null for a success, and if something else than FlowQuota answered.</summary>
    public ErrorBody? Error => _envelope?.Error;

    /// <summary>True if an earlier request, or try, under the same key got this result.</summary>
    public bool IsReplayed => Headers.TryGetValues("Idempotent-Replayed", out _);

    /// <summary>The request that the log has.</summary>
    public string RequestId => _envelope?.OriginalRequestId ?? _call.RequestId;

    /// <summary>True if the same request may have another response later.</summary>
    public bool IsTransient => Status switch
    {
        HttpStatusCode.BadGateway or HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout => true,
        HttpStatusCode.Conflict => Error?.Type == "IdempotencyInProgress",
        _ => false,
    };

    /// <summary>Why a limit refused the call; null if none did.</summary>
    public Refusal? Refusal => (Status, Error) switch
    {
        (HttpStatusCode.TooManyRequests, { Type: "QuotaExceeded" } error) => RefusedBy(RefusalReason.QuotaExceeded, error),
        (HttpStatusCode.TooManyRequests, { Type: "TokenRateLimitError" } error) => RefusedBy(RefusalReason.RateLimit, error),
        (HttpStatusCode.Conflict, { Type: "TooManyReservations" } error) => RefusedBy(RefusalReason.TooManyReservations, error),
        _ => null,
    };

    /// <summary>The content of a success.</summary>
    /// <exception cref="FlowQuotaException">It is no success.</exception>
    public T Data<T>(JsonTypeInfo<T> type)
        where T : class
    {
        if (Status != HttpStatusCode.OK || _envelope is not { Success: true, Data.ValueKind: JsonValueKind.Object })
            throw Failure();
        try
        {
            return _envelope.Data.Deserialize(type) ?? throw Failure();
        }
        catch (JsonException e)
        {
            throw Failure(e);
        }
    }

    /// <summary>The whole body, of a response that has its content beside the envelope.</summary>
    /// <exception cref="FlowQuotaException">It is not of this form.</exception>
    public T Whole<T>(JsonTypeInfo<T> type)
        where T : class
    {
        try
        {
            return _envelope is null ? throw Failure() : JsonSerializer.Deserialize(Body, type) ?? throw Failure();
        }
        catch (JsonException e)
        {
            throw Failure(e);
        }
    }

    /// <summary>This response as an exception.</summary>
    public FlowQuotaException Failure(Exception? inner = null) => new(Message(), inner)
    {
        Status = Status,
        ErrorType = Error?.Type,
        RequestId = RequestId,
        IdempotencyKey = _call.IdempotencyKey,
        RetryAfter = RetryAfter,
        IsTransient = IsTransient,
    };

    private Refusal RefusedBy(RefusalReason reason, ErrorBody error) => new(reason, error.Message, RetryAfter, error.ReservedQuota);

    private string Message() => Error is { } error
        ? $"FlowQuota answered {(int)Status} {error.Type}: {error.Message} (request {RequestId})"
        : $"The response with status {(int)Status} is not one of FlowQuota. Is its address right, and is a proxy between? (request {RequestId})";

    private static TimeSpan? Wait(RetryConditionHeaderValue? header, DateTimeOffset now) => header switch
    {
        { Delta: { } delta } => delta,
        { Date: { } date } => date > now ? date - now : TimeSpan.Zero,
        _ => null,
    };

    private static Envelope? ReadEnvelope(byte[] body)
    {
        try
        {
            return body.Length == 0 ? null : JsonSerializer.Deserialize(body, ClientJson.Default.Envelope);
        }
        catch (JsonException)
        {
            // A proxy's page, or anything else that is not ours; Failure says so.
            return null;
        }
    }
}
