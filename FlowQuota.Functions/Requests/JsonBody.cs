using System.Buffers;
using System.IO.Compression;
using System.Text.Json;
using System.Text.Unicode;
using FlowQuota.Errors;
using FlowQuota.Functions.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace FlowQuota.Functions.Requests;

/// <summary>The JSON object in a request's body.</summary>
internal sealed class JsonBody : JsonFields, IDisposable
{
    private const int MaxDepth = 64;
    private static readonly JsonDocumentOptions Options = new() { MaxDepth = MaxDepth, AllowDuplicateProperties = false };
    private static ReadOnlySpan<byte> ByteOrderMark => [0xEF, 0xBB, 0xBF];

    private static readonly Task<JsonBody> NoBody = Task.FromResult(new JsonBody([], null));

    private readonly byte[] _buffer;
    private readonly JsonDocument? _document;

    private JsonBody(byte[] buffer, JsonDocument? document)
        : base(document?.RootElement ?? default, prefix: "")
    {
        (_buffer, _document) = (buffer, document);
    }

    /// <summary>Reads the body as the request's operation describes it.</summary>
    /// <param name="request">The request.</param>
    /// <param name="maxBytes">Most bytes, if a setting says; more is 413.</param>
    public static Task<JsonBody> ReadAsync(FlowRequest request, int maxBytes = int.MaxValue)
    {
        CheckMediaType(request.Http);
        var expected = request.Operation.Body!;
        return expected.MayBeEmpty && !CanHaveBody(request.Http) ? NoBody : ReadBodyAsync(request, expected, expected.MaxBytes ?? maxBytes);
    }

    public void Dispose()
    {
        _document?.Dispose();
        ArrayPool<byte>.Shared.Return(_buffer);
    }

    private static async Task<JsonBody> ReadBodyAsync(FlowRequest request, RequestBody expected, int maxBytes)
    {
        var (buffer, length) = await ReadBytesAsync(request.Http, maxBytes, request.Aborted);
        var text = ReadOnlyMemory<byte>.Empty;
        try
        {
            if (length == 0 && expected.MayBeEmpty)
                return new JsonBody(buffer, null);

            // The parser does not check the UTF-8 of texts, and input is passed to the code unchanged.
            if (!Utf8.IsValid(buffer.AsSpan(0, length)))
                throw new InvalidFieldException("body", "must be UTF-8");
            int mark = buffer.AsSpan(0, length).StartsWith(ByteOrderMark) ? ByteOrderMark.Length : 0;
            text = buffer.AsMemory(mark, length - mark);
            var document = JsonDocument.Parse(text, Options);
            if (document.RootElement.ValueKind != JsonValueKind.Object)
                throw new InvalidFieldException("body", "must be a JSON object");
            var body = new JsonBody(buffer, document);
            body.CheckFields(expected.Fields.Names);
            return body;
        }
        catch (InvalidOperationException)
        {
            // Comparing names unescapes them.
            ArrayPool<byte>.Shared.Return(buffer);
            throw new InvalidFieldException("body", "must have no lone surrogates in its names");
        }
        catch (JsonException)
        {
            string mistake = JsonMistake.In(text.Span, MaxDepth);
            ArrayPool<byte>.Shared.Return(buffer);
            throw new InvalidFieldException("body", mistake);
        }
        catch
        {
            ArrayPool<byte>.Shared.Return(buffer);
            throw;
        }
    }

    private static void CheckMediaType(HttpRequest http)
    {
        // A missing Content-Type is accepted, because older clients send none.
        if (string.IsNullOrEmpty(http.ContentType) || http.HasJsonContentType())
            return;
        throw new ProblemException(ErrorType.UnsupportedMediaType, "Content-Type must be application/json.");
    }

    // Neither a length nor chunks: there is no body.
    private static bool CanHaveBody(HttpRequest http) =>
        http.ContentLength != 0 && http.HttpContext.Features.Get<IHttpRequestBodyDetectionFeature>() is not { CanHaveBody: false };

    private static async Task<(byte[] Buffer, int Length)> ReadBytesAsync(HttpRequest http, int maxBytes, CancellationToken cancellationToken)
    {
        if (http.ContentLength > maxBytes)
            throw TooLarge(maxBytes);
        await using var unpacked = Unpacked(http);
        var source = unpacked ?? http.Body;

        byte[] buffer = ArrayPool<byte>.Shared.Rent((int)(http.ContentLength ?? 4096) + 1);
        int length = 0;
        try
        {
            while (true)
            {
                int read = await source.ReadAsync(buffer.AsMemory(length), cancellationToken);
                length += read;
                if (length > maxBytes)
                    throw TooLarge(maxBytes);
                if (read == 0)
                    return (buffer, length);
                if (length == buffer.Length)
                    buffer = Grow(buffer);
            }
        }
        catch (InvalidDataException)
        {
            ArrayPool<byte>.Shared.Return(buffer);
            throw new InvalidFieldException("body", "must be gzip, as Content-Encoding says");
        }
        catch (IOException e) when (e is not BadHttpRequestException)
        {
            // The caller cut the body off, or sent invalid chunk sizes. The server does not report all of these as bad requests.
            ArrayPool<byte>.Shared.Return(buffer);
            throw new BadHttpRequestException("The body cannot be read.", e);
        }
        catch
        {
            ArrayPool<byte>.Shared.Return(buffer);
            throw;
        }
    }

    /// <summary>The decompressed body; null if it is not compressed. The maximum size applies after decompression.</summary>
    private static GZipStream? Unpacked(HttpRequest http)
    {
        var encoding = http.Headers.ContentEncoding;
        if (encoding.Count == 0 || encoding.ToString().Equals("identity", StringComparison.OrdinalIgnoreCase))
            return null;
        return encoding.ToString().ToLowerInvariant() is "gzip" or "x-gzip"
            ? new GZipStream(http.Body, CompressionMode.Decompress, leaveOpen: true)
            : throw new ProblemException(ErrorType.UnsupportedMediaType,
                $"Content-Encoding {Shorten(encoding.ToString())} is not known; send gzip, or none.");
    }

    private static byte[] Grow(byte[] buffer)
    {
        byte[] larger = ArrayPool<byte>.Shared.Rent(buffer.Length * 2);
        buffer.CopyTo(larger, 0);
        ArrayPool<byte>.Shared.Return(buffer);
        return larger;
    }

    private static ProblemException TooLarge(int maxBytes) =>
        new(ErrorType.PayloadTooLarge, $"The body must be at most {maxBytes} bytes long.");
}
