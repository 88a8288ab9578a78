using System.Text;

namespace FlowQuota.Tests.Fuzzing;

/// <summary>A request on its way from a good one to a hostile one.</summary>
/// <param name="method">HTTP method.</param>
/// <param name="path">Path, encoded as it is to be sent.</param>
/// <param name="body">Body; null = none.</param>
internal sealed class FuzzRequest(string method, string path, string? body = null)
{
    public string Method { get; set; } = method;

    public string Path { get; set; } = path;

    /// <summary>Parts of the query, each encoded as it is to be sent.</summary>
    public List<string> Query { get; } = [];

    /// <summary>Headers but those of the length; sent as UTF-8.</summary>
    public List<(string Name, string Value)> Headers { get; } = [("Host", "127.0.0.1")];

    public byte[]? Body { get; set; } = body is null ? null : Encoding.UTF8.GetBytes(body);

    /// <summary>How the length of the body is told; null = rightly.</summary>
    public string? Framing { get; set; }

    /// <summary>Changes the bytes to be sent.</summary>
    public Func<byte[], byte[]>? Wire { get; set; }

    public string Version { get; set; } = "HTTP/1.1";

    /// <summary>True where the caller says that nothing more comes.</summary>
    public bool GoesAway { get; set; }

    /// <summary>True where this is no good HTTP any more, which the server may answer before our code is asked.</summary>
    public bool IsMalformed { get; set; }

    /// <summary>What was done to it.</summary>
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

    /// <summary>Enough to see what it was.</summary>
    public override string ToString()
    {
        byte[] wire = ToWire();
        string text = Encoding.Latin1.GetString(wire.AsSpan(0, Math.Min(wire.Length, 1000)));
        return $"[{string.Join(", ", Mutations)}] {text.Replace("\r", "\\r", StringComparison.Ordinal).Replace("\0", "\\0", StringComparison.Ordinal)}";
    }
}
