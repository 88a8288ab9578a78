namespace FlowQuota.Tests.Fuzzing;

/// <summary>Texts that have a meaning for a reader that does not treat them as plain text.</summary>
internal static class HostileTexts
{
    /// <summary>Without control characters, so that they may be stored; each must come back as it was.</summary>
    public static readonly string[] Storable =
    [
        // SQL
        "'; DROP TABLE access_tokens; -- ", "' OR '1'='1", "\" OR \"\"=\"", "x'); DELETE FROM token_quota_logs; --", "\\'; TRUNCATE access_tokens; #",
        "' UNION SELECT secret_hash FROM access_tokens -- ", "%' OR 1=1 /*", "_%", "@TokenId", "?", "`ws_id`", "0x27", "1;SLEEP(5)",
        // Lua and Redis' protocol
        "\"..redis.call('FLUSHALL')..\"", "]]..redis.call('FLUSHDB')--[[", "' return redis.call('KEYS','*') --", "*1 $8 FLUSHALL", "quota:*", "%f%1%%",
        // JSON and JSON path
        "\",\"epoch\":999,\"seq\":1,\"action\":\"init", "\\\",\\\"seq\\\":7", "\\", "\\\\\"", "\\u0022,\\u0022seq\\u0022:9", "$.token",
        "$[*]", "{\"partition\":0}", "}", "__proto__",
        // Logs, headers, templates, pages, paths
        "{RequestId} {0} {", "${jndi:ldap://127.0.0.1/a}", "%0d%0aSet-Cookie: a=b", "\\r\\n2026-01-01 00:00:00.000 info: forged",
        "\u2028forged", "\u2029forged",
        "<script>alert(1)</script>", "{{7*7}}", "=1+1", "$(id)", "`id`", "; id |", "../../../../etc/passwd", "..\\..\\", "file:///etc/passwd",
        // Characters
        "\u202eevil", "\ufeff", "\ufffd", "\uffff", "\U0001F600", "\U0001F468\u200D\U0001F469", "e\u0301 is not \u00e9", "\u0130\u0131",
        "\u5b57", "a ", " a", "NULL", "null", "-1", "1e309", "NaN",
    ];

    /// <summary>With control characters: lines of their own, ends of strings, colours of a terminal.</summary>
    public static readonly string[] Unstorable =
    [
        "a\r\nSet-Cookie: forged=1", "a\r\n\r\n{\"success\":true}", "a\n2026-01-01 00:00:00.000 crit: Forged[0] forged", "a\r2026-01-01 crit: forged",
        "a\0b", "\u001b[2J\u001b[31mforged", "a\bb", "\u0085forged", "\u000bforged", "\u000cforged", "\u007f", "\t", "",
    ];

    /// <summary>Words in place of a number or a date.</summary>
    public static readonly string[] Figures =
    [
        "-1", "0", "1", "1000", "1001", "1.0", "1.5", "1e3", "01", "+1", " 1", "1 ", "0x10", "2147483647", "2147483648", "-2147483648",
        "9223372036854775808", "99999999999999999999999999",
        "1e400", "NaN", "Infinity", "\u0661", "true", "2026-02-30", "2026-11-23", "2026-11-23 10:00:00", "2026-11-23T10:00:00Z",
        "0001-01-01", "1969-12-31", "1970-01-01", "9998-12-31 23:59:59",
        "9999-12-31", "10000-01-01", "2026-13-01", "2026-11-23 25:00:00", "init", "consume", "INIT", "refund",
    ];

    public static readonly string[] All = [.. Storable, .. Unstorable, .. Figures, new('x', 255), new('x', 256), new('\u5b57', 255), new('y', 3000)];

    public static string Any(Random random) => All[random.Next(All.Length)];
}
