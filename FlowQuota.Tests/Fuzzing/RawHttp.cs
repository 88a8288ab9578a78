using System.Globalization;
using System.IO.Pipelines;
using System.Net.Sockets;
using System.Text;

namespace FlowQuota.Tests.Fuzzing;

/// <summary>Sends HTTP/1.1 byte by byte, so that a test can send requests that no client library would.</summary>
internal static class RawHttp
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>Sends bytes on a connection of its own and reads the first answer.</summary>
    /// <param name="server">The server's address.</param>
    /// <param name="wire">The whole request, or a part of it.</param>
    /// <param name="hasNoBody">True for the answer to a HEAD.</param>
    /// <param name="goesAway">True to close the sending side, like a caller who disconnects.</param>
    /// <returns>Null if the connection was closed without a response.</returns>
    public static async Task<RawAnswer?> SendAsync(Uri server, ReadOnlyMemory<byte> wire, bool hasNoBody = false, bool goesAway = false)
    {
        using var patience = new CancellationTokenSource(Patience);
        using var client = new TcpClient { NoDelay = true };
        await client.ConnectAsync(server.Host, server.Port, patience.Token);
        var stream = client.GetStream();
        var writing = WriteAsync(PipeWriter.Create(stream), wire, () => client.Client.Shutdown(SocketShutdown.Send), goesAway, patience.Token);
        try
        {
            return await ReadAsync(PipeReader.Create(stream), hasNoBody, patience.Token);
        }
        catch (IOException)
        {
            // Reset while it was still being sent; treated as closed.
            return null;
        }
        finally
        {
            client.Close();
            await writing;
        }
    }

    private static async Task WriteAsync(PipeWriter writer, ReadOnlyMemory<byte> wire, Action goAway, bool goesAway, CancellationToken cancellationToken)
    {
        try
        {
            await writer.WriteAsync(wire, cancellationToken);
            if (goesAway)
                goAway();
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException)
        {
            // Answered and closed before it was all sent.
        }
    }

    private static async Task<RawAnswer?> ReadAsync(PipeReader reader, bool hasNoBody, CancellationToken cancellationToken)
    {
        while (true)
        {
            if (await LineAsync(reader, cancellationToken) is not { } first)
                return null;
            int status = int.Parse(first.Split(' ')[1], CultureInfo.InvariantCulture);
            var headers = new List<(string Name, string Value)>();
            while ((await LineAsync(reader, cancellationToken) ?? throw CutOff()) is { Length: > 0 } line)
            {
                int colon = line.IndexOf(':', StringComparison.Ordinal);
                headers.Add((line[..colon], line[(colon + 1)..].Trim()));
            }

            if (status < 200)
                continue;
            var answer = new RawAnswer(status, headers, []);
            return hasNoBody || status is 204 or 304 ? answer : answer with { Body = await BodyAsync(reader, answer, cancellationToken) };
        }
    }

    private static async Task<byte[]> BodyAsync(PipeReader reader, RawAnswer answer, CancellationToken cancellationToken)
    {
        if (answer.Values("Content-Length") is [var length])
            return await BytesAsync(reader, int.Parse(length, CultureInfo.InvariantCulture), cancellationToken);
        if (answer.Values("Transfer-Encoding") is not ["chunked"])
            return await RestAsync(reader, cancellationToken);

        var body = new List<byte>();
        while (true)
        {
            int size = int.Parse(await LineAsync(reader, cancellationToken) ?? throw CutOff(), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            body.AddRange(await BytesAsync(reader, size, cancellationToken));
            await LineAsync(reader, cancellationToken);
            if (size == 0)
                return [.. body];
        }
    }

    /// <summary>A line without its end; null if there are no more.</summary>
    private static async Task<string?> LineAsync(PipeReader reader, CancellationToken cancellationToken)
    {
        while (true)
        {
            var read = await reader.ReadAsync(cancellationToken);
            if (System.Buffers.BuffersExtensions.PositionOf(read.Buffer, (byte)'\n') is { } end)
            {
                string line = Encoding.Latin1.GetString(read.Buffer.Slice(0, end)).TrimEnd('\r');
                reader.AdvanceTo(read.Buffer.GetPosition(1, end));
                return line;
            }

            // The server answers an HTTP/2 preface with a GOAWAY frame, which has no lines.
            if (read.IsCompleted)
                return null;
            reader.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        }
    }

    private static async Task<byte[]> BytesAsync(PipeReader reader, int count, CancellationToken cancellationToken)
    {
        // It would wait for the next response.
        if (count == 0)
            return [];
        var read = await reader.ReadAtLeastAsync(count, cancellationToken);
        if (read.Buffer.Length < count)
            throw CutOff();
        byte[] bytes = System.Buffers.BuffersExtensions.ToArray(read.Buffer.Slice(0, count));
        reader.AdvanceTo(read.Buffer.GetPosition(count));
        return bytes;
    }

    private static InvalidDataException CutOff() => new("The answer is shorter than it said.");

    private static async Task<byte[]> RestAsync(PipeReader reader, CancellationToken cancellationToken)
    {
        await using var rest = new MemoryStream();
        await reader.CopyToAsync(rest, cancellationToken);
        return rest.ToArray();
    }
}
