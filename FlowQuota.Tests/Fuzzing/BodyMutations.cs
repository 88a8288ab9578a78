using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace FlowQuota.Tests.Fuzzing;

/// <summary>Other fields and values, other JSON, and invalid JSON.</summary>
internal static class BodyMutations
{
    private static readonly string[] Names =
    [
        "ws_id", "email", "operation", "days", "specific_date", "quota_type", "total_quota", "rate_limit_per_minute", "rate_limit_burst",
        "rate_limit_window_seconds", "is_active", "name", "tags", "metadata", "grace_seconds", "quota_operation",
        "quota_amount", "code_base64", "codebase64", "input", "cost", "token", "reason", "nonsense", "", "$type", "__proto__",
    ];

    private static readonly string[] Values =
    [
        "null", "true", "false", "[]", "{}", "[[]]", "\"\"", "0", "-0", "-1", "1", "1.0", "1.5", "1e2", "1E400", "-1e400", "2147483647",
        "2147483648", "-2147483648", "9223372036854775807", "18446744073709551616",
        "0.1e-400", "\"add\"", "\"set\"", "\"reset\"", "\"unlimited\"", "\"count\"", "\"hybrid\"", "\"time\"", "\"COUNT\"",
        "\"9998-12-31\"", "\"2030-02-29\"", "36500", "36501", "86400", "86401", "1000000", "1000001",
        "\"\\ud800\"", "\"\\udc00\\ud800\"", "\"\\u0000\"", "\"\\u000d\\u000aforged\"", "\"a@b\"", "\"a@b\\u00e9.example\"",
        "\"\\\"a b\\\"@example.com\"", "\"a@[127.0.0.1]\"", "\"A <a@example.com>\"", "\"a@example.com,b@example.com\"",
    ];

    private static readonly string[] Base64 =
    [
        "", "====", "cmV0dXJuIDE", "cmV0dXJuIDE=", "cmV0dXJuIDE=\\n", " cmV0 dXJu IDE= ", "cmV0dXJuIDE-_w==", "/w==", "7aCA",
        "77u/cmV0dXJuIDE=", "AAAA", "cmV0dXJuIDE=cmV0dXJuIDE=", "*", new('A', 100_000),
    ];

    public static void Field(FuzzRequest request, Random random)
    {
        string name = Names[random.Next(Names.Length)];
        string value = random.Next(3) switch
        {
            0 => Values[random.Next(Values.Length)],
            1 => name.StartsWith("code", StringComparison.Ordinal)
                ? $"\"{Base64[random.Next(Base64.Length)]}\""
                : $"\"{JavaScriptEncoder.Default.Encode(HostileTexts.Any(random))}\"",
            _ => Quote(HostileTexts.Any(random)),
        };
        Edit(request, fields =>
        {
            // A field that the request has anyway, more often than not.
            if (fields.Count > 0 && random.Next(4) > 0)
                fields[random.Next(fields.Count)] = fields[random.Next(fields.Count)] with { Value = value };
            else
                fields.Add((name, value));
        });
    }

    public static void Email(FuzzRequest request, Random random) => Edit(request, fields =>
    {
        string hostile = HostileTexts.Any(random);
        for (int i = 0; i < fields.Count; i++)
        {
            if (fields[i].Name is "email" or "ws_id" or "reason")
                fields[i] = (fields[i].Name, Quote(fields[i].Name == "email" && random.Next(2) == 0 ? $"\"{hostile}\"@example.com" : hostile));
        }
    });

    public static void Drop(FuzzRequest request, Random random) => Edit(request, fields =>
    {
        if (fields.Count > 0)
            fields.RemoveAt(random.Next(fields.Count));
    });

    public static void Twice(FuzzRequest request, Random random) => Edit(request, fields =>
    {
        if (fields.Count > 0)
            fields.Add(fields[random.Next(fields.Count)]);
    });

    public static void Rename(FuzzRequest request, Random random) => Edit(request, fields =>
    {
        if (fields.Count > 0)
        {
            int chosen = random.Next(fields.Count);
            // 64 characters of a name are returned; here the cut is in the middle of a pair.
            string name = random.Next(3) == 0 ? new string('n', 63) + "\U0001F600" : HostileTexts.Any(random);
            fields[chosen] = (name, fields[chosen].Value);
        }
    });

    public static void Deep(FuzzRequest request, Random random)
    {
        int depth = random.Next(1, 300);
        string value = random.Next(2) == 0
            ? new string('[', depth) + new string(']', depth)
            : string.Concat(Enumerable.Repeat("{\"a\":", depth)) + "1" + new string('}', depth);
        Edit(request, fields => fields.Add(("input", value)));
    }

    /// <summary>Small to send and large in memory.</summary>
    public static void Bomb(FuzzRequest request, Random random)
    {
        int size = random.Next(4) switch { 0 => 5_000, 1 => 70_000, 2 => 1_500_000, _ => 3_000_000 };
        Edit(request, fields => fields.Add(random.Next(3) switch
        {
            0 => ("input", $"[{string.Join(',', Enumerable.Repeat("1", size / 2))}]"),
            1 => ("input", $"\"{new string('x', size)}\""),
            _ => ("code_base64", $"\"{new string('A', size)}\""),
        }));
    }

    public static void Bytes(FuzzRequest request, Random random)
    {
        byte[] body = request.Body ?? [];
        int at = random.Next(body.Length + 1);
        request.Body = random.Next(12) switch
        {
            0 => body[..at],
            1 => [.. body[..at], (byte)random.Next(256), .. body[at..]],
            2 => [.. body[..at], 0, .. body[at..]],
            3 => [.. body[..at], 0xff, 0xfe, .. body[at..]],
            4 => [0xef, 0xbb, 0xbf, .. body],
            5 => Encoding.Unicode.GetBytes(Encoding.UTF8.GetString(body)),
            6 => [.. body, .. body],
            7 => [.. body, .. "\r\n\r\nGET /health HTTP/1.1\r\n\r\n"u8],
            8 => [.. "\u001f\u008b\u0008"u8, .. body],
            9 => [.. body[..at], .. "\xed\xa0\x80"u8, .. body[at..]],
            10 => [.. "/* */"u8, .. body],
            _ => [],
        };
    }

    public static void Whole(FuzzRequest request, Random random) =>
        request.Body = Encoding.UTF8.GetBytes(random.Next(2) == 0 ? Values[random.Next(Values.Length)] : Quote(HostileTexts.Any(random)));

    private static void Edit(FuzzRequest request, Action<List<(string Name, string Value)>> edit)
    {
        List<(string Name, string Value)> fields = [];
        if (request.Body is { Length: > 0 } body)
        {
            try
            {
                fields.AddRange(((JsonObject)JsonNode.Parse(body)!).Select(field => (field.Key, field.Value?.ToJsonString() ?? "null")));
            }
            catch (Exception e) when (e is JsonException or InvalidCastException or ArgumentException or InvalidOperationException)
            {
                // Broken by an earlier mutation, as intended.
                return;
            }
        }

        edit(fields);
        request.Body = Encoding.UTF8.GetBytes($"{{{string.Join(',', fields.Select(field => $"{Quote(field.Name)}:{field.Value}"))}}}");
        if (!request.Headers.Exists(header => header.Name == "Content-Type"))
            request.Headers.Add(("Content-Type", "application/json"));
    }

    /// <summary>Escaped as little as may be.</summary>
    private static string Quote(string text) =>
        JsonSerializer.Serialize(text, RelaxedJson);

    private static readonly JsonSerializerOptions RelaxedJson = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
}
