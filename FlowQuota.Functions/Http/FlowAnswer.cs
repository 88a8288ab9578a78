using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace FlowQuota.Functions.Http;

/// <summary>An answer in the envelope of the contract: what it says, then <c>timestamp</c> and <c>request_id</c>.</summary>
/// <param name="request">The request that it answers.</param>
/// <param name="status">HTTP status.</param>
public abstract class FlowAnswer(FlowRequest request, int status) : IResult, IStatusCodeHttpResult
{
    // Answers are application/json and never part of a page, so only JSON's own characters need escaping.
    private static readonly JsonWriterOptions WriterOptions = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    private const int MaxKeptBytes = 16 * 1024;

    // Written and read between two awaits.
    [ThreadStatic]
    private static ArrayBufferWriter<byte>? _buffer;

    [ThreadStatic]
    private static Utf8JsonWriter? _writer;

    /// <inheritdoc/>
    public int? StatusCode => status;

    /// <summary>The request that this answers.</summary>
    protected FlowRequest Request { get; } = request;

    /// <inheritdoc/>
    public async Task ExecuteAsync(HttpContext httpContext)
    {
        var response = httpContext.Response;
        response.StatusCode = status;
        response.ContentType = "application/json; charset=utf-8";
        response.Headers.CacheControl = "no-store";
        response.Headers[RequestIds.Header] = Request.Id;
        WriteHeaders(response.Headers);

        WriteBody(response);
        // The server ends it where the caller goes away; asking to be told would make a source of cancellation for each request.
        await response.BodyWriter.FlushAsync(CancellationToken.None);
    }

    // Its length is told first, or the server would send the end of a chunked body by itself: twice the packets.
    private void WriteBody(HttpResponse response)
    {
        var body = _buffer ??= new ArrayBufferWriter<byte>(MaxKeptBytes);
        body.ResetWrittenCount();
        var json = _writer ??= new Utf8JsonWriter(body, WriterOptions);
        json.Reset(body);
        json.WriteStartObject();
        WriteFields(json);
        json.WriteString("timestamp"u8, Request.Clock.Now());
        json.WriteString("request_id"u8, Request.Id);
        json.WriteEndObject();
        json.Flush();

        response.ContentLength = body.WrittenCount;
        response.BodyWriter.Write(body.WrittenSpan);
        // The writer holds on to the buffer, too.
        if (body.Capacity > MaxKeptBytes)
            (_buffer, _writer) = (null, null);
    }

    /// <summary>Adds headers of its own.</summary>
    protected virtual void WriteHeaders(IHeaderDictionary headers)
    {
    }

    /// <summary>Writes everything but the timestamp and the request's id.</summary>
    protected abstract void WriteFields(Utf8JsonWriter json);

    /// <summary>Writes <c>timing</c>, in whole milliseconds.</summary>
    /// <param name="json">Where to.</param>
    /// <param name="executionTime">How long the code ran.</param>
    protected void WriteTiming(Utf8JsonWriter json, TimeSpan executionTime)
    {
        json.WriteStartObject("timing"u8);
        json.WriteNumber("executionTime"u8, (long)executionTime.TotalMilliseconds);
        json.WriteNumber("totalTime"u8, Request.Clock.MillisecondsSince(Request.Started));
        json.WriteEndObject();
    }
}
