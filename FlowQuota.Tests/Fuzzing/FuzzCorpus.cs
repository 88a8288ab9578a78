using System.Text;
using FlowQuota.Tests.Apps;
using FlowQuota.Tests.Contract;

namespace FlowQuota.Tests.Fuzzing;

/// <summary>Valid requests of every route, which are mutated.</summary>
internal static class FuzzCorpus
{
    private static readonly string[] Codes =
    [
        "return 1", "console.log('Hello')", "return input", "throw new TypeError('no')", "const { a } = input ?? {}; return [a, 1n < 2]", "syntax error here",
        "while (true) {}", "return new Array(1e9).fill('x')", "return eval('1+1')", "return (function f() { return f() })()",
        "return JSON.stringify(globalThis)", "throw new Error('a\\r\\n2026-01-01 crit: forged')", "return '\\ud800'", "console.log('\\u2028\\r\\nforged')",
    ];

    /// <summary>All routes, each made for a token.</summary>
    public static readonly IReadOnlyList<Func<TestToken, Random, FuzzRequest>> All =
    [
        (_, random) => Admin("POST", "/flow/tokens", NewToken(random)),
        (_, _) => Admin("GET", "/flow/tokens", null, "page=1", "page_size=10"),
        (token, _) => Admin("GET", "/flow/tokens", null, $"token={token.Id}"),
        (_, _) => Admin("GET", "/flow/tokens", null, "ws_id=ws", "email=a%40example.com"),
        (_, _) => Admin("GET", "/flow/tokens", null, "tag=fuzz", "name=a", "is_active=true", "quota_type=count", "expires_before=2090-01-01",
            "remaining_below=100", "remaining_below_percent=50", "sort=name", "order=desc", "cursor=", "page_size=10"),
        (token, random) => Admin("PUT", $"/flow/tokens/{token.Id}", Change(random)),
        (token, _) => Admin("POST", $"/flow/tokens/{token.Id}/rotate", """{"grace_seconds":60}"""),
        (token, _) => Admin("DELETE", $"/flow/tokens/{token.Id}/rotate"),
        (token, _) => Admin("DELETE", $"/flow/tokens/{token.Id}"),
        (token, _) => Admin("GET", $"/flow/tokens/{token.Id}/quota"),
        (token, _) => Admin("GET", $"/flow/tokens/{token.Id}/quota/logs", null,
            "page=1", "page_size=10", "start_date=2026-01-01", "end_date=2030-01-01", "action=consume"),
        (token, random) => Caller(token, random, "POST", "/flow/execute", Execute(random)),
        (token, random) => Caller(token, random, "POST", "/flow/codeblock", Execute(random)),
        (token, random) => Caller(token, random, "POST", "/flow/consume", $$"""{"cost":{{random.Next(1, 4)}}}"""),
        (token, random) => Caller(token, random, "POST", "/flow/consume", null),
        (token, random) => Caller(token, random, "POST", "/flow/consume/batch", """{"items":[{"cost":1,"meter":"fuzz"}],"atomic":true}"""),
        (token, random) => Caller(token, random, "POST", "/flow/check", $$"""{"cost":{{random.Next(0, 4)}}}"""),
        (token, random) => Gateway(token, random, "GET", "/flow/authorize"),
        (token, random) => Gateway(token, random, "POST", "/flow/authorize/orders/7"),
        (token, random) => Caller(token, random, "GET", "/flow/quota", null),
        (token, random) => Caller(token, random, "GET", "/flow/calls/a-request", null),
        (token, random) => Caller(token, random, "POST", "/flow/reserve", $$"""{"amount":{{random.Next(1, 3)}},"meter":"fuzz"}"""),
        (token, random) => Caller(token, random, "POST", $"/flow/reserve/{RoutePath.UnknownReservation}/commit", """{"amount":1,"on_overrun":"clamp"}"""),
        (token, random) => Caller(token, random, "POST", $"/flow/reserve/{RoutePath.UnknownReservation}/cancel", null),
        (token, random) => Caller(token, random, "GET", $"/flow/reserve/{RoutePath.UnknownReservation}", null),
        (token, _) => Admin("GET", $"/flow/tokens/{token.Id}/reservations", null),
        (token, _) => Admin("GET", "/flow/calls/a-request", null, $"token={token.Id}"),
        (_, _) => Admin("GET", "/flow/cache-write-pool/stats"),
        (_, _) => Admin("GET", "/flow/quota/cleanup/stats"),
        (_, _) => Admin("POST", "/flow/quota/cleanup/trigger"),
        (_, _) => Admin("POST", "/flow/quota/cleanup/stop"),
        (token, _) => Admin("GET", "/flow/usage", null,
            $"token={token.Id}", "granularity=hour", "time_zone=Asia/Kathmandu", "group_by=meter,action", "from=2026-11-22", "to=2026-11-23"),
        (token, random) => Caller(token, random, "GET", "/flow/usage", null),
        (token, _) => Admin("GET", "/flow/usage/statement", null, $"token={token.Id}", "from=2026-01-01", "to=2030-01-01", "time_zone=UTC"),
        (_, _) => Admin("GET", "/flow/ledger", null, "limit=3", "format=ndjson", "after=t7.7"),
        (token, random) => Caller(token, random, "GET", "/flow/ledger", null),
        (token, _) => Admin("GET", "/flow/quota/verify", null, $"token={token.Id}"),
        (token, _) => Admin("GET", "/flow/quota/verify", null, $"after={token.Id}", "page_size=5"),
        (token, _) => Admin("POST", "/flow/quota/verify/mend", $$"""{"token":"{{token.Id}}","reason":"none"}"""),
        (_, _) => Admin("GET", "/flow/health"),
        (_, _) => new FuzzRequest("GET", "/health"),
    ];

    private static FuzzRequest Admin(string method, string path, string? body = null, params string[] query)
    {
        var request = new FuzzRequest(method, path, body);
        request.Query.AddRange(query);
        request.Headers.Add(("Authorization", $"Bearer {TestApp.AdminToken}"));
        if (body is not null)
            request.Headers.Add(("Content-Type", "application/json"));
        return request;
    }

    private static FuzzRequest Caller(TestToken token, Random random, string method, string path, string? body)
    {
        var request = new FuzzRequest(method, path, body);
        request.Headers.Add(random.Next(4) switch
        {
            0 => ("accessToken", token.Full),
            1 => ("access-token", token.Full),
            _ => ("Authorization", $"Bearer {token.Full}"),
        });
        if (body is not null)
            request.Headers.Add(("Content-Type", "application/json"));
        request.Headers.Add(("X-Request-ID", $"fuzz-{random.Next()}"));
        return request;
    }

    private static FuzzRequest Gateway(TestToken token, Random random, string method, string path)
    {
        var request = Caller(token, random, method, path, method == "GET" ? null : "no JSON");
        string[] query =
        [
            $"cost={random.Next(0, 4)}", random.Next(2) == 0 ? "deny=403" : "deny=429", random.Next(2) == 0 ? "dedupe=request_id" : "dedupe=none",
            random.Next(2) == 0 ? "unavailable=allow" : "unavailable=deny",
        ];
        request.Query.AddRange(query.Take(random.Next(query.Length + 1)));
        return request;
    }

    private static string Execute(Random random) =>
        $$"""{"code_base64":"{{Convert.ToBase64String(Encoding.UTF8.GetBytes(Codes[random.Next(Codes.Length)]))}}","input":{"a":[1,{"b":null}, 2] } }""";

    private static string NewToken(Random random) => random.Next(3) switch
    {
        0 => """{"ws_id":"ws","email":"a@example.com","operation":"unlimited","quota_type":"count","total_quota":50,"rate_limit_per_minute":1000}""",
        1 => """
            {"ws_id":"ws","email":"a@example.com","operation":"add","days":30,"quota_type":"hybrid","total_quota":1000,
            "rate_limit_burst":100,"rate_limit_window_seconds":60}
            """,
        _ => """{"ws_id":"ws","email":"a@example.com","operation":"set","specific_date":"2099-12-31 10:00:00","quota_type":"time"}""",
    };

    private static string Change(Random random) => random.Next(6) switch
    {
        0 => """{"quota_operation":"add","quota_amount":5}""",
        1 => """{"quota_operation":"set","quota_amount":20}""",
        2 => """{"quota_operation":"reset"}""",
        3 => """{"quota_type":"count","quota_operation":"reset","quota_amount":30,"is_active":true}""",
        4 => """{"operation":"add","days":10,"rate_limit_per_minute":600,"rate_limit_burst":null,"rate_limit_window_seconds":30}""",
        _ => $$"""{"is_active":{{(random.Next(3) == 0 ? "false" : "true")}},"operation":"unlimited"}""",
    };
}
