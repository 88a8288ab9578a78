using System.Text;
using FlowQuota.Tests.OpenApi;

namespace FlowQuota.Tests.Fuzzing;

/// <summary>A valid request that becomes a hostile one by mutations.</summary>
/// <param name="method">HTTP method.</param>
/// <param name="path">Path, encoded for the request line.</param>
/// <param name="body">Body; null = none.</param>
internal sealed class FuzzRequest(string method, string path, string? body = null)
{
    public string Method { get; set; } = method;

    public string Path { get; set; } = path;

    /// <summary>Parts of the query, each encoded for the request line.</summary>
    public List<string> Query { get; } = [];

    /// <summary>Headers but those of the length; sent as UTF-8.</summary>
    public List<(string Name, string Value)> Headers { get; } = [("Host", "127.0.0.1")];

    public byte[]? Body { get; set; } = body is null ? null : Encoding.UTF8.GetBytes(body);

    /// <summary>The headers that give the length of the body; null = the correct ones.</summary>
    public string? Framing { get; set; }

    /// <summary>Changes the bytes that are sent.</summary>
    public Func<byte[], byte[]>? Wire { get; set; }

    public string Version { get; set; } = "HTTP/1.1";

    /// <summary>True if the caller closes its side after the request.</summary>
    public bool GoesAway { get; set; }

    /// <summary>True if this is invalid HTTP, which the server may answer before our code runs.</summary>
    public bool IsMalformed { get; set; }

    /// <summary>The mutations.</summary>
    public List<string> Mutations { get; } = [];

    /// <summary>True to name the server too, as to a proxy.</summary>
    public bool IsAbsolute { get; set; }

    public string Target => $"{(IsAbsolute ? "http://127.0.0.1" : "")}{Path}{(Query.Count == 0 ? "" : $"?{string.Join('&', Query)}")}";

    public byte[] ToWire()
    {
        var head = new StringBuilder($"{Method} {Target} {Version}\r\n");
        foreach (var (name, value) in Headers)
            head.Append(name).Append(": ").Append(value).Append("\r\n");
        if (Framing is not null)
            head.Append(Framing);
        else if (Body is not null)
            head.Append("Content-Length: ").Append(Body.Length).Append("\r\n");
        byte[] wire = [.. Encoding.UTF8.GetBytes(head.Append("\r\n").ToString()), .. Body ?? []];
        return Wire is null ? wire : Wire(wire);
    }

    /// <summary>
    /// The request and its answer, for a comparison with the document; null if the bytes were changed behind it, or if a client library would read
    /// another path from the target than a server.
    /// </summary>
    public Exchange? ToExchange(RawAnswer answer) => Wire is null && Framing is null && !IsAbsolute && !Target.Contains('#', StringComparison.Ordinal)
        && Uri.IsWellFormedUriString(Target, UriKind.Relative)
        ? new Exchange(Method, Target, Body is null ? null : Exchange.TryParse(Body), answer.Status, answer.Values("Content-Type") is [var type] ? type.Split(';')[0] : null, answer.Body)
        : null;

    /// <summary>Enough to identify the request.</summary>
    public override string ToString()
    {
        byte[] wire = ToWire();
        string text = Encoding.Latin1.GetString(wire.AsSpan(0, Math.Min(wire.Length, 1000)));
        return $"[{string.Join(", ", Mutations)}] {text.Replace("\r", "\\r", StringComparison.Ordinal).Replace("\0", "\\0", StringComparison.Ordinal)}";
    }
}
