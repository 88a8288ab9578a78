using System.Buffers.Binary;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Http;

namespace FlowQuota.Functions.Http;

/// <summary>The id of a request: the caller's own if it sent a valid one, else a new UUIDv7.</summary>
internal static class RequestIds
{
    /// <summary>Name of the header, in requests and answers.</summary>
    public const string Header = "X-Request-ID";

    private const int RandomFrom = 6;
    private const int StockBytes = 1000;

    [ThreadStatic]
    private static byte[]? _random;

    [ThreadStatic]
    private static int _unused;

    public static string Of(HttpRequest request)
    {
        var values = request.Headers[Header];
        return values is [{ } id] && CallerName.IsValid(id) ? id : New();
    }

    // RFC 9562, section 5.7. Like Guid.CreateVersion7, but without a system call for the random bits of each id.
    private static string New()
    {
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteInt64BigEndian(bytes, DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() << 16);
        FillRandomly(bytes[RandomFrom..]);
        bytes[6] = (byte)(0x70 | (bytes[6] & 0x0F));
        bytes[8] = (byte)(0x80 | (bytes[8] & 0x3F));
        return new Guid(bytes, bigEndian: true).ToString();
    }

    private static void FillRandomly(Span<byte> bytes)
    {
        byte[] stock = _random ??= new byte[StockBytes];
        if (_unused < bytes.Length)
        {
            RandomNumberGenerator.Fill(stock);
            _unused = stock.Length;
        }

        _unused -= bytes.Length;
        stock.AsSpan(_unused, bytes.Length).CopyTo(bytes);
    }
}
