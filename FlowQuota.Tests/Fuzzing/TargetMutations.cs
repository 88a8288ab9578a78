namespace FlowQuota.Tests.Fuzzing;

/// <summary>Other methods, paths and queries.</summary>
internal static class TargetMutations
{
    private static readonly string[] Methods =
        ["GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "TRACE", "get", "Post", "QUERY", "M-SEARCH", new('X', 100), "!#$%&'*+.^_`|~"];

    private static readonly string[] Segments =
    [
        "..", ".", "%2e%2e", "%2E", "%2f", "%2F..%2F", "%5c", "%252e", "%c0%af", "%e0%80%af", "%ff", "%ed%a0%80", "%", "%zz", "%2", ";a=b",
        "*", "+", "%0d%0aSet-Cookie:%20a=b", "%0a", "%1b",
        "%7f", "%e2%80%a8", "", "flow_", "flow_aaaaaaaaaaaaaaaaaaaaaaaa", "{token}", "(a|b)", "~", "@", ":", "a:b", "'", "$",
        "%f0%9f%98%80", new('a', 300), new('a', 9000), "%61", "health",
    ];

    private static readonly string[] Parameters = ["page", "page_size", "start_date", "end_date", "action", "token", "ws_id", "email", "after", "nonsense"];

    private static readonly string[] RawPairs =
    [
        "", "=", "==", "&", "page", "page=", "=1", "page=1=1", "%", "page=%", "page=%zz", "page=%00", "%70age=1", "page[]=1",
        "token=%ed%a0%80", "token=%c3%28", "#", "?",
    ];

    public static void Method(FuzzRequest request, Random random) => request.Method = Methods[random.Next(Methods.Length)];

    public static void Segment(FuzzRequest request, Random random)
    {
        var segments = request.Path.Split('/').ToList();
        int chosen = random.Next(1, segments.Count + 1);
        string hostile = random.Next(3) == 0 ? Uri.EscapeDataString(HostileTexts.Any(random)) : Segments[random.Next(Segments.Length)];
        // Decoded, this ends a string; Kestrel refuses it by itself.
        request.IsMalformed |= hostile.Contains("%00", StringComparison.Ordinal);
        if (chosen == segments.Count || random.Next(2) == 0)
            segments.Insert(chosen, hostile);
        else if (random.Next(3) == 0)
            segments[chosen] += hostile;
        else
            segments[chosen] = hostile;
        request.Path = string.Join('/', segments);
    }

    public static void Slashes(FuzzRequest request, Random random) => request.Path = random.Next(4) switch
    {
        0 => request.Path + "/",
        1 => "/" + request.Path,
        2 => request.Path.ToUpperInvariant(),
        _ => request.Path.Replace("o", "%6F", StringComparison.Ordinal),
    };

    public static void Absolute(FuzzRequest request, Random random) => request.IsAbsolute = random.Next(2) == 0;

    public static void Parameter(FuzzRequest request, Random random)
    {
        string name = Parameters[random.Next(Parameters.Length)];
        string hostile = random.Next(2) == 0 ? HostileTexts.Figures[random.Next(HostileTexts.Figures.Length)] : HostileTexts.Any(random);
        string pair = $"{name}={Uri.EscapeDataString(hostile)}";
        if (request.Query.Count > 0 && random.Next(3) > 0)
            request.Query[random.Next(request.Query.Count)] = random.Next(2) == 0 ? pair : $"{request.Query[0].Split('=')[0]}={Uri.EscapeDataString(hostile)}";
        else
            request.Query.Add(pair);
    }

    public static void RawPair(FuzzRequest request, Random random)
    {
        string pair = RawPairs[random.Next(RawPairs.Length)];
        request.IsMalformed |= pair == "#";
        request.Query.Insert(random.Next(request.Query.Count + 1), pair);
    }

    public static void Repeat(FuzzRequest request, Random random)
    {
        string pair = request.Query.Count > 0 ? request.Query[random.Next(request.Query.Count)] : "page=1";
        request.Query.AddRange(Enumerable.Repeat(pair, random.Next(1, 1200)));
    }

    /// <summary>Bytes that no target may have.</summary>
    public static void BadTarget(FuzzRequest request, Random random)
    {
        string[] bad = ["%00", " ", "\t", "\u00e9", "\u0001", "\0", "\u007f", " HTTP/1.1 ", "\\", "#a", "\"", "<"];
        request.Path = request.Path.Insert(random.Next(1, request.Path.Length + 1), bad[random.Next(bad.Length)]);
        request.IsMalformed = true;
    }
}
