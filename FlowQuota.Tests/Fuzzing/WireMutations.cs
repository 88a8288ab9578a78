using System.Globalization;
using System.Text;

namespace FlowQuota.Tests.Fuzzing;

/// <summary>Invalid HTTP, and requests that are cut off.</summary>
internal static class WireMutations
{
    private static readonly string[] Lengths =
        ["-1", "+5", "0x5", "5 5", "5,5", "", "abc", "99999999999999999999", "9223372036854775807", "2147483648", "1e3", "٥"];

    private static readonly string[] Versions = ["HTTP/1.0", "HTTP/2.0", "HTTP/1.2", "HTTP/9.9", "HTTP/1.1x", "http/1.1", "HTTP/", "", "RTSP/1.0"];

    public static void Length(FuzzRequest request, Random random)
    {
        request.Body ??= "{}"u8.ToArray();
        int length = request.Body.Length;
        // Too small: the rest looks like another request. Too large: half a body, and then the caller disconnects.
        string told = random.Next(3) switch
        {
            0 => random.Next(length + 1).ToString(CultureInfo.InvariantCulture),
            1 => (length + random.Next(1, 5000)).ToString(CultureInfo.InvariantCulture),
            _ => Lengths[random.Next(Lengths.Length)],
        };
        request.Framing = random.Next(4) == 0 ? $"Content-Length: {length}\r\nContent-Length: {told}\r\n" : $"Content-Length: {told}\r\n";
        Malform(request);
    }

    public static void Chunks(FuzzRequest request, Random random)
    {
        byte[] body = request.Body ?? [];
        int half = random.Next(body.Length + 1);
        string text = Encoding.Latin1.GetString(body);
        string chunked = random.Next(9) switch
        {
            0 => $"{body.Length:x}\r\n{text}\r\n0\r\n\r\n",
            1 => $"{half:x};a=b\r\n{text[..half]}\r\n{body.Length - half:X}\r\n{text[half..]}\r\n0\r\nX-Request-ID: trailer\r\n\r\n",
            2 => $"{body.Length:x}\r\n{text}",
            3 => $"zz\r\n{text}\r\n0\r\n\r\n",
            4 => $"-1\r\n{text}\r\n0\r\n\r\n",
            5 => $"ffffffffffffffff\r\n{text}\r\n0\r\n\r\n",
            6 => $"{body.Length + 7:x}\r\n{text}\r\n0\r\n\r\n",
            7 => $"{body.Length:x}{new string('0', 5000)}\r\n{text}\r\n0\r\n\r\n",
            _ => $"{body.Length:x}\n{text}\n0\n\n",
        };
        request.Body = Encoding.Latin1.GetBytes(chunked);
        request.Framing = random.Next(5) switch
        {
            0 => $"Transfer-Encoding: chunked\r\nContent-Length: {body.Length}\r\n",
            1 => "Transfer-Encoding: gzip, chunked\r\n",
            2 => "Transfer-Encoding: chunked, identity\r\n",
            _ => "Transfer-Encoding: chunked\r\n",
        };
        Malform(request);
    }

    public static void Version(FuzzRequest request, Random random)
    {
        request.Version = Versions[random.Next(Versions.Length)];
        Malform(request);
    }

    public static void Cut(FuzzRequest request, Random random)
    {
        double part = random.NextDouble();
        request.Wire = wire => wire[..(int)(wire.Length * part)];
        Malform(request);
    }

    public static void Garble(FuzzRequest request, Random random)
    {
        int seed = random.Next();
        request.Wire = wire =>
        {
            var own = new Random(seed);
            byte[] garbled = [.. wire];
            for (int i = own.Next(1, 4); i > 0; i--)
                garbled[own.Next(garbled.Length)] = (byte)own.Next(256);
            return garbled;
        };
        Malform(request);
    }

    public static void LineEnds(FuzzRequest request, Random random)
    {
        string end = random.Next(3) switch { 0 => "\n", 1 => "\r", _ => "\r\r\n" };
        request.Wire = wire => Encoding.Latin1.GetBytes(Encoding.Latin1.GetString(wire).Replace("\r\n", end, StringComparison.Ordinal));
        Malform(request);
    }

    public static void Prefix(FuzzRequest request, Random random)
    {
        byte[] prefix = random.Next(4) switch
        {
            0 => "\r\n\r\n"u8.ToArray(),
            1 => " "u8.ToArray(),
            2 => "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8.ToArray(),
            _ => [0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xfc, 0x03, 0x03],
        };
        request.Wire = wire => [.. prefix, .. wire];
        Malform(request);
    }

    public static void Oversize(FuzzRequest request, Random random)
    {
        int size = random.Next(60_000, 200_000);
        if (random.Next(2) == 0)
            request.Query.Add(new string('q', size));
        else
            request.Headers.Add(("X-Filler", new string('h', size)));
        Malform(request);
    }

    private static void Malform(FuzzRequest request)
    {
        request.IsMalformed = true;
        request.GoesAway = true;
    }
}
