using System.Buffers;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Unicode;
using FlowQuota.Tokens;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace FlowQuota.Functions.Http;

/// <summary>The JSON object in a request's body, read strictly: every mistake is told with the field's name and what was expected.</summary>
internal sealed class JsonBody : IDisposable
{
    private const int MaxDepth = 64;
    private static readonly JsonDocumentOptions Options = new() { MaxDepth = MaxDepth, AllowDuplicateProperties = false };
    private static readonly Task<JsonBody> NoBody = Task.FromResult(new JsonBody([], null));

    private readonly byte[] _buffer;
    private readonly JsonDocument? _document;

    private JsonBody(byte[] buffer, JsonDocument? document)
    {
        (_buffer, _document) = (buffer, document);
    }

    /// <summary>Reads the body.</summary>
    /// <param name="request">The request.</param>
    /// <param name="maxBytes">More is 413.</param>
    /// <param name="mayBeEmpty">True where no body is as good as <c>{}</c>.</param>
    /// <param name="fields">The fields that there may be; another is a 400.</param>
    public static Task<JsonBody> ReadAsync(FlowRequest request, int maxBytes, bool mayBeEmpty, params string[] fields)
    {
        CheckMediaType(request.Http);
        return mayBeEmpty && !CanHaveBody(request.Http) ? NoBody : ReadBodyAsync(request, maxBytes, mayBeEmpty, fields);
    }

    /// <summary>True where the field is there, also as null.</summary>
    public bool Has(string name) => _document?.RootElement.TryGetProperty(name, out _) == true;

    /// <summary>A text; null where the field is missing or null.</summary>
    /// <param name="name">The field.</param>
    /// <param name="maxLength">Most characters.</param>
    public string? OptionalText(string name, int maxLength)
    {
        if (!TryGet(name, out var value))
            return null;
        string expected = $"must be a text of 1 to {maxLength} characters without control characters";
        if (value.ValueKind != JsonValueKind.String)
            throw new InvalidFieldException(name, expected);
        string text = Unescape(name, value);
        return text.Length >= 1 && text.Length <= maxLength && !string.IsNullOrWhiteSpace(text) && !text.Any(char.IsControl)
            ? text
            : throw new InvalidFieldException(name, expected);
    }

    /// <summary>A text that must be there.</summary>
    /// <param name="name">The field.</param>
    /// <param name="maxLength">Most characters.</param>
    public string Text(string name, int maxLength) =>
        OptionalText(name, maxLength) ?? throw new InvalidFieldException(name, $"is missing; it must be a text of 1 to {maxLength} characters");

    /// <summary>A string of any length and content; null where the field is missing or null.</summary>
    public string? OptionalString(string name)
    {
        if (!TryGet(name, out var value))
            return null;
        return value.ValueKind == JsonValueKind.String ? Unescape(name, value) : throw new InvalidFieldException(name, "must be a text");
    }

    /// <summary>A whole number; null where the field is missing or null.</summary>
    public int? OptionalNumber(string name, int min, int max)
    {
        if (!TryGet(name, out var value))
            return null;
        return value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out int number) && number >= min && number <= max
            ? number
            : throw new InvalidFieldException(name, $"must be a whole number from {min} to {max}");
    }

    /// <summary>True or false; null where the field is missing or null.</summary>
    public bool? OptionalFlag(string name)
    {
        if (!TryGet(name, out var value))
            return null;
        return value.ValueKind switch
        {
            JsonValueKind.True => true,
            JsonValueKind.False => false,
            _ => throw new InvalidFieldException(name, "must be true or false"),
        };
    }

    /// <summary>One of several words; null where the field is missing or null.</summary>
    public T? OptionalChoice<T>(string name, params (string Word, T Value)[] choices)
        where T : struct
    {
        if (!TryGet(name, out var value))
            return null;
        if (value.ValueKind == JsonValueKind.String)
        {
            string text = Unescape(name, value);
            foreach (var (word, choice) in choices)
            {
                if (text == word)
                    return choice;
            }
        }

        throw new InvalidFieldException(name, $"must be one of {string.Join(", ", choices.Select(choice => choice.Word))}");
    }

    /// <summary>Any JSON, as it was sent; empty where the field is missing.</summary>
    public ReadOnlyMemory<byte> Raw(string name) =>
        _document is not null && _document.RootElement.TryGetProperty(name, out var value)
            ? JsonMarshal.GetRawUtf8Value(value).ToArray()
            : ReadOnlyMemory<byte>.Empty;

    public void Dispose()
    {
        _document?.Dispose();
        ArrayPool<byte>.Shared.Return(_buffer);
    }

    private static async Task<JsonBody> ReadBodyAsync(FlowRequest request, int maxBytes, bool mayBeEmpty, string[] fields)
    {
        var (buffer, length) = await ReadBytesAsync(request.Http, maxBytes, request.Aborted);
        try
        {
            if (length == 0 && mayBeEmpty)
                return new JsonBody(buffer, null);

            // The parser does not look into texts, and input goes to the code as it came.
            if (!Utf8.IsValid(buffer.AsSpan(0, length)))
                throw new InvalidFieldException("body", "must be UTF-8");
            var body = new JsonBody(buffer, JsonDocument.Parse(buffer.AsMemory(0, length), Options));
            body.CheckFields(fields);
            return body;
        }
        catch (InvalidOperationException)
        {
            // Comparing names unescapes them.
            ArrayPool<byte>.Shared.Return(buffer);
            throw new InvalidFieldException("body", "must have no lone surrogates in its names");
        }
        catch (JsonException e)
        {
            ArrayPool<byte>.Shared.Return(buffer);
            throw new InvalidFieldException("body", $"must be one JSON object, nested at most {MaxDepth} deep and each name once{Where(e)}");
        }
        catch
        {
            ArrayPool<byte>.Shared.Return(buffer);
            throw;
        }
    }

    private bool TryGet(string name, out JsonElement value)
    {
        value = default;
        return _document is not null && _document.RootElement.TryGetProperty(name, out value) && value.ValueKind != JsonValueKind.Null;
    }

    private void CheckFields(string[] fields)
    {
        if (_document!.RootElement.ValueKind != JsonValueKind.Object)
            throw new InvalidFieldException("body", "must be a JSON object");
        foreach (var property in _document.RootElement.EnumerateObject())
        {
            if (!fields.Any(property.NameEquals))
                throw new InvalidFieldException(Shorten(property.Name), $"is not a field of this request; there are {string.Join(", ", fields)}");
        }
    }

    private static void CheckMediaType(HttpRequest http)
    {
        // None at all is let pass: older clients send none.
        if (string.IsNullOrEmpty(http.ContentType) || http.HasJsonContentType())
            return;
        throw new ProblemException(StatusCodes.Status415UnsupportedMediaType, ErrorType.UnsupportedMediaType, "Content-Type must be application/json.");
    }

    // Neither a length nor chunks: then there is none.
    private static bool CanHaveBody(HttpRequest http) =>
        http.ContentLength != 0 && http.HttpContext.Features.Get<IHttpRequestBodyDetectionFeature>() is not { CanHaveBody: false };

    private static async Task<(byte[] Buffer, int Length)> ReadBytesAsync(HttpRequest http, int maxBytes, CancellationToken cancellationToken)
    {
        if (http.ContentLength > maxBytes)
            throw TooLarge(maxBytes);

        byte[] buffer = ArrayPool<byte>.Shared.Rent((int)(http.ContentLength ?? 4096) + 1);
        int length = 0;
        try
        {
            while (true)
            {
                int read = await http.Body.ReadAsync(buffer.AsMemory(length), cancellationToken);
                length += read;
                if (length > maxBytes)
                    throw TooLarge(maxBytes);
                if (read == 0)
                    return (buffer, length);
                if (length == buffer.Length)
                    buffer = Grow(buffer);
            }
        }
        catch (IOException e) when (e is not BadHttpRequestException)
        {
            // Cut off by the caller, or in chunks whose sizes are none: the server does not call every such body a bad request.
            ArrayPool<byte>.Shared.Return(buffer);
            throw new BadHttpRequestException("The body cannot be read.", e);
        }
        catch
        {
            ArrayPool<byte>.Shared.Return(buffer);
            throw;
        }
    }

    private static byte[] Grow(byte[] buffer)
    {
        byte[] larger = ArrayPool<byte>.Shared.Rent(buffer.Length * 2);
        buffer.CopyTo(larger, 0);
        ArrayPool<byte>.Shared.Return(buffer);
        return larger;
    }

    private static ProblemException TooLarge(int maxBytes) =>
        new(StatusCodes.Status413PayloadTooLarge, ErrorType.PayloadTooLarge, $"The body must be at most {maxBytes} bytes long.");

    private static string Where(JsonException e) =>
        e.LineNumber is { } line ? $" (line {line + 1}, byte {e.BytePositionInLine + 1})" : "";

    private static string Shorten(string name) => new([.. name.Take(64).Select(c => char.IsControl(c) ? '?' : c)]);

    private static string Unescape(string name, JsonElement value)
    {
        try
        {
            return value.GetString()!;
        }
        catch (InvalidOperationException)
        {
            throw new InvalidFieldException(name, "must be valid UTF-8 without lone surrogates");
        }
    }
}
