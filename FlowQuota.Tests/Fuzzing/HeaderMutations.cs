namespace FlowQuota.Tests.Fuzzing;

/// <summary>Headers dropped, doubled, changed, too many and too long.</summary>
internal static class HeaderMutations
{
    private static readonly string[] Names =
    [
        "Authorization", "accessToken", "access-token", "X-Request-ID", "Content-Type", "Content-Encoding", "Accept", "Accept-Encoding",
        "Accept-Charset", "Cookie", "Range", "If-None-Match",
        "If-Modified-Since", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Original-URL", "X-HTTP-Method-Override",
        "Forwarded", "Origin", "Referer", "User-Agent", "Via", "TE",
        "Date", "traceparent", "tracestate", "baggage", "Request-Id", "Prefer", "x", "!#$%&'*+-.^_`|~",
    ];

    private static readonly (string Name, string Value)[] Known =
    [
        ("Content-Type", ""), ("Content-Type", "text/plain"), ("Content-Type", "application/json; charset=utf-16"),
        ("Content-Type", "application/json; charset=\"\""), ("Content-Type", ";;;"),
        ("Content-Type", "application/json; boundary=x; a=b; c"), ("Content-Type", "multipart/form-data"),
        ("Content-Type", "application/x-www-form-urlencoded"), ("Content-Type", "json/json"),
        ("Content-Encoding", "gzip"), ("Content-Encoding", "br, deflate"), ("Range", "bytes=0-0,1-1,2-"), ("If-Match", "*"),
        ("Accept", "text/html;q=nonsense"), ("Cookie", "a=b; =; ;;"),
        ("traceparent", "00-00000000000000000000000000000000-0000000000000000-01"), ("traceparent", "nonsense"),
        ("X-HTTP-Method-Override", "DELETE"), ("Connection", "close"), ("Connection", "X-Request-ID"),
        ("X-Request-ID", ""), ("X-Request-ID", "../../x"), ("X-Request-ID", "a b"), ("X-Request-ID", new('i', 64)),
        ("X-Request-ID", new('i', 65)), ("Authorization", "Bearer"), ("Authorization", "Bearer "),
        ("Authorization", "Basic YWRtaW46YWRtaW4="), ("Authorization", "bearer x y"), ("Max-Forwards", "0"),
        ("Keep-Alive", "timeout=999999"), ("Expect", "100-continue"),
    ];

    public static void Hostile(FuzzRequest request, Random random)
    {
        string value = HostileTexts.Any(random);
        request.IsMalformed |= value.Any(char.IsControl);
        request.Headers.Add((Names[random.Next(Names.Length)], value));
    }

    public static void Add(FuzzRequest request, Random random) => request.Headers.Add(Known[random.Next(Known.Length)]);

    public static void Replace(FuzzRequest request, Random random)
    {
        var (name, value) = Known[random.Next(Known.Length)];
        request.Headers.RemoveAll(header => header.Name == name);
        request.Headers.Add((name, value));
    }

    public static void Drop(FuzzRequest request, Random random)
    {
        if (request.Headers.Count == 0)
            return;
        int dropped = random.Next(request.Headers.Count);
        request.IsMalformed |= request.Headers[dropped].Name == "Host";
        request.Headers.RemoveAt(dropped);
    }

    public static void Twice(FuzzRequest request, Random random)
    {
        if (request.Headers.Count == 0)
            return;
        var header = request.Headers[random.Next(request.Headers.Count)];
        request.IsMalformed |= header.Name == "Host";
        request.Headers.Add(header);
    }

    /// <summary>Close to the right token, of any length.</summary>
    public static void NearMiss(FuzzRequest request, Random random)
    {
        int chosen = request.Headers.FindIndex(header => header.Name is "Authorization" or "accessToken" or "access-token");
        if (chosen < 0)
            return;
        var (name, value) = request.Headers[chosen];
        int at = random.Next(value.Length);
        request.Headers[chosen] = (name, random.Next(6) switch
        {
            0 => value[..at],
            1 => value + value[at],
            2 => value.Remove(at, 1),
            3 => value[..at] + (char)(value[at] ^ 1) + value[(at + 1)..],
            4 => value.ToUpperInvariant(),
            _ => value + value[at..],
        });
        request.IsMalformed |= request.Headers[chosen].Value.Any(c => char.IsControl(c));
    }

    public static void Flood(FuzzRequest request, Random random)
    {
        int count = random.Next(1, 300);
        for (int i = 0; i < count; i++)
            request.Headers.Add(($"X-Flood-{i}", "x"));
    }

    public static void Long(FuzzRequest request, Random random) =>
        request.Headers.Add((Names[random.Next(Names.Length)], new string('x', random.Next(1, 40_000))));

    /// <summary>Invalid headers.</summary>
    public static void Bad(FuzzRequest request, Random random)
    {
        (string Name, string Value)[] bad =
        [
            ("X Y", "space in the name"), ("", "no name"), ("X-Nul", "a\0b"), ("X-Fold", "a\r\n b"), ("X-Line\r\nno colon\r\nX", "b"),
            ("X-Cr", "a\rb"), ("X-\u00e9", "x"), ("Host", "a b/c"),
            ("Content-Length", "1"), ("Expect", "nonsense"), ("Upgrade", "h2c"), ("Connection", "Upgrade, HTTP2-Settings"),
            ("Transfer-Encoding", "identity"), ("Trailer", "X-Request-ID"), ("X-Control", "\u0001\u001b"),
        ];
        request.Headers.Insert(random.Next(request.Headers.Count + 1), bad[random.Next(bad.Length)]);
        request.IsMalformed = true;
    }
}
