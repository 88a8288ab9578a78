using System.Buffers;
using System.Net.Mime;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace FlowQuota.Functions.Http;

/// <summary>A response in the API's envelope: its content, then <c>timestamp</c> and <c>request_id</c>.</summary>
/// <param name="request">The request that it answers.</param>
/// <param name="status">HTTP status.</param>
internal abstract class FlowResult(FlowRequest request, int status) : IResult, IStatusCodeHttpResult
{
    // Responses are application/json and never part of a page, so only JSON's own characters need escaping.
    private static readonly JsonWriterOptions WriterOptions = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    private const int MaxKeptBytes = 16 * 1024;

    // Used between two awaits only, so a thread's own writer suffices.
    [ThreadStatic]
    private static ArrayBufferWriter<byte>? _buffer;

    [ThreadStatic]
    private static Utf8JsonWriter? _writer;

    // True for a failure that is written as RFC 9457 says, because the caller accepts it so.
    private bool _isProblem;

    /// <inheritdoc/>
    public int? StatusCode => SentStatus;

    /// <summary>The status that is sent.</summary>
    protected virtual int SentStatus => status;

    /// <summary>True for a repeat that gets the response of the first request.</summary>
    public bool IsReplay { get; init; }

    /// <summary>The id of the first request under the same key; null = this is the first, or the key is none.</summary>
    public string? OriginalRequestId { get; init; }

    /// <summary>The request that this answers.</summary>
    protected FlowRequest Request { get; } = request;

    /// <inheritdoc/>
    public async Task ExecuteAsync(HttpContext httpContext)
    {
        var response = httpContext.Response;
        response.StatusCode = SentStatus;
        _isProblem = SentStatus >= StatusCodes.Status400BadRequest && AcceptsProblems(Request.Http);
        Describe(response, Request, _isProblem ? MediaTypeNames.Application.ProblemJson : "application/json; charset=utf-8");
        if (IsReplay)
            response.Headers["Idempotent-Replayed"] = "true";
        WriteHeaders(response.Headers);

        WriteBody(response);
        // The server ends the write if the caller disconnects. Observing RequestAborted would allocate a source per request.
        await response.BodyWriter.FlushAsync(CancellationToken.None);
    }

    /// <summary>Writes the headers that each response with a body has.</summary>
    internal static void Describe(HttpResponse response, FlowRequest request, string contentType)
    {
        response.ContentType = contentType;
        response.Headers.CacheControl = "no-store";
        response.Headers[RequestIds.Header] = request.Id;
    }

    // Sets the length first, or the server would send the end of a chunked body separately: twice the packets.
    private void WriteBody(HttpResponse response)
    {
        var body = _buffer ??= new ArrayBufferWriter<byte>(MaxKeptBytes);
        body.ResetWrittenCount();
        var json = _writer ??= new Utf8JsonWriter(body, WriterOptions);
        json.Reset(body);
        json.WriteStartObject();
        WriteFields(json);
        json.WriteString("timestamp"u8, Request.Clock.FormatNow());
        json.WriteString("request_id"u8, Request.Id);
        if (OriginalRequestId is not null)
            json.WriteString("original_request_id"u8, OriginalRequestId);
        json.WriteEndObject();
        json.Flush();

        response.ContentLength = body.WrittenCount;
        response.BodyWriter.Write(body.WrittenSpan);
        // The writer keeps a reference to the buffer, too.
        if (body.Capacity > MaxKeptBytes)
            (_buffer, _writer) = (null, null);
    }

    /// <summary>Adds headers of the derived result.</summary>
    protected virtual void WriteHeaders(IHeaderDictionary headers)
    {
    }

    /// <summary>Writes everything but the timestamp and the request's id.</summary>
    protected abstract void WriteFields(Utf8JsonWriter json);

    /// <summary>Writes what failed: <c>error</c> in the envelope, or the members of RFC 9457.</summary>
    /// <param name="json">The writer.</param>
    /// <param name="type">The kind of failure.</param>
    /// <param name="message">For the caller.</param>
    /// <param name="stack">Where code failed; null = not known.</param>
    /// <param name="reservedQuota">Units that reservations hold; 0 = none.</param>
    protected void WriteFailure(Utf8JsonWriter json, ErrorType type, string message, string? stack = null, int reservedQuota = 0)
    {
        if (_isProblem)
        {
            json.WriteString("type"u8, type.Uri);
            json.WriteString("title"u8, type.Title);
            json.WriteNumber("status"u8, SentStatus);
            json.WriteString("detail"u8, message);
        }
        else
        {
            json.WriteBoolean("success"u8, false);
            json.WriteStartObject("error"u8);
            json.WriteString("type"u8, type.Name);
            json.WriteString("message"u8, message);
        }

        if (stack is not null)
            json.WriteString("stack"u8, stack);
        if (reservedQuota > 0)
            json.WriteNumber("reserved_quota"u8, reservedQuota);
        if (!_isProblem)
            json.WriteEndObject();
    }

    private static bool AcceptsProblems(HttpRequest http) =>
        http.Headers.Accept.Count > 0
        && http.GetTypedHeaders().Accept.Any(type => type.MediaType.Equals(MediaTypeNames.Application.ProblemJson, StringComparison.OrdinalIgnoreCase) && type.Quality != 0);

    /// <summary>Writes <c>timing</c>, in whole milliseconds.</summary>
    /// <param name="json">The writer.</param>
    /// <param name="executionTime">How long the code ran.</param>
    protected void WriteTiming(Utf8JsonWriter json, TimeSpan executionTime)
    {
        json.WriteStartObject("timing"u8);
        json.WriteNumber("executionTime"u8, (long)executionTime.TotalMilliseconds);
        json.WriteNumber("totalTime"u8, Request.Clock.MillisecondsSince(Request.Started));
        json.WriteEndObject();
    }
}
