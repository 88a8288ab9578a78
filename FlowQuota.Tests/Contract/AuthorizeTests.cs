using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using FlowQuota.Functions.Gateways;
using FlowQuota.Tests.Apps;
using FlowQuota.Tests.Fuzzing;
using Xunit;

namespace FlowQuota.Tests.Contract;

/// <summary>
/// Protects /flow/authorize: a gateway's sub-request meters as consume does, and the response uses headers and statuses that
/// gateways forward.
/// </summary>
[Collection(ContractTests.Name)]
public sealed class AuthorizeTests(EmbeddedContractApp shared)
{
    private readonly TestApp _app = shared.App;

    [Theory]
    [InlineData("", 9)]
    [InlineData("?cost=3", 7)]
    [InlineData("/orders/7?cost=10&deny=403&dedupe=none&unavailable=deny", 0)]
    [InlineData("/?cost=1", 9)]
    [InlineData("?cost=0", 10)]
    public async Task A_call_may_pass_and_what_it_costs_is_taken(string target, int left)
    {
        var token = await _app.CreateTokenAsync();

        var answer = await SendAsync(token.Full, target, requestId: "sub-1");

        Assert.Equal((200, ""), (answer.Status, answer.Text));
        Assert.Equal(token.Id, answer.Header("X-FlowQuota-Token-Id"));
        Assert.Equal("ws", answer.Header("X-FlowQuota-Workspace"));
        Assert.Equal($"{left}", answer.Header("X-FlowQuota-Remaining"));
        Assert.Equal("sub-1", answer.Header("X-FlowQuota-Request-Id"));
        Assert.Equal("sub-1", answer.Header("X-Request-ID"));
        Assert.Equal("\"quota\";q=10", answer.Header("RateLimit-Policy"));
        Assert.Equal($"\"quota\";r={left}", answer.Header("RateLimit"));
        Assert.Equal("no-store", answer.Header("Cache-Control"));
        Assert.Null(answer.Header("X-FlowQuota-Status"));
        Assert.Null(answer.Header("X-FlowQuota-Unmetered"));
        if (left == 10)
        {
            await AppLedger.AssertUntouchedAsync(_app, token);
            return;
        }

        var row = await AppLedger.LastRowAsync(_app, token);
        Assert.Equal((10, left, left - 10, "consume"), AppLedger.Figures(row));
        Assert.Equal("sub-1", row.GetProperty("request_id").GetString());
        Assert.Equal(JsonValueKind.Null, row.GetProperty("execution_success").ValueKind);
    }

    [Theory]
    [InlineData("GET")]
    [InlineData("HEAD")]
    [InlineData("POST")]
    [InlineData("PUT")]
    [InlineData("PATCH")]
    [InlineData("DELETE")]
    [InlineData("OPTIONS")]
    [InlineData("TRACE")]
    [InlineData("PROPFIND")]
    public async Task Any_method_is_metered_and_any_body_is_left_alone(string method)
    {
        var token = await _app.CreateTokenAsync();
        var content = method is "GET" or "HEAD" or "TRACE" ? null : new StringContent("{ no JSON", new MediaTypeHeaderValue("image/png"));

        var answer = await SendAsync(token.Full, "/a/b%20c", method, content);

        Assert.Equal((200, ""), (answer.Status, answer.Text));
        Assert.Equal(9, await AppLedger.RemainingAsync(_app, token));
        // A gateway may announce a body and not send it. The next request must not be read as that body.
        Assert.Equal(content is null ? null : "close", answer.Header("Connection"));
    }

    [Fact]
    public async Task A_body_that_is_announced_and_never_comes_is_not_waited_for_and_swallows_no_later_request()
    {
        var token = await _app.CreateTokenAsync();
        string request = $"GET /flow/authorize HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {token.Full}\r\n";
        byte[] wire = Encoding.ASCII.GetBytes($"{request}Content-Length: {request.Length + 2}\r\n\r\n");

        var answer = await RawHttp.SendAsync(_app.Client.BaseAddress!, wire);

        Assert.Equal((200, "close"), (answer!.Status, Assert.Single(answer.Values("Connection"))));
        Assert.Equal(9, await AppLedger.RemainingAsync(_app, token));
    }

    [Theory]
    [InlineData("", 429)]
    [InlineData("?deny=429", 429)]
    [InlineData("?deny=403", 403)]
    public async Task What_is_refused_has_the_envelope_and_the_true_status(string query, int status)
    {
        var token = await _app.CreateTokenAsync(TokenBody.With("""{"total_quota":1}"""));
        await _app.ConsumeAsync(token);

        foreach (string method in new[] { "GET", "HEAD" })
        {
            var answer = await SendAsync(token.Full, query, method);

            Assert.Equal((status, "429"), (answer.Status, answer.Header("X-FlowQuota-Status")));
            Assert.Null(answer.Header("Retry-After"));
            Assert.Equal("\"quota\";r=0", answer.Header("RateLimit"));
            Assert.Equal(method == "HEAD" ? null : "QuotaExceeded", answer.ErrorType);
        }

        Assert.Equal(2, (await AppLedger.RowsAsync(_app, token)).Count);
    }

    [Theory]
    [InlineData("", 429)]
    [InlineData("?deny=403", 403)]
    public async Task A_spent_rate_limit_says_when_to_come_back(string query, int status)
    {
        var token = await _app.CreateTokenAsync(TokenBody.With("""{"rate_limit_per_minute":1,"rate_limit_window_seconds":3600}"""));
        Assert.Equal(200, (await SendAsync(token.Full, query)).Status);

        var answer = await SendAsync(token.Full, query);

        Assert.Equal((status, "429", "TokenRateLimitError"), (answer.Status, answer.Header("X-FlowQuota-Status"), answer.ErrorType));
        Assert.Equal(answer.Header("Retry-After"), RateReset(answer));
        Assert.Equal(9, await AppLedger.RemainingAsync(_app, token));
    }

    [Theory]
    [InlineData("")]
    [InlineData("?deny=403&unavailable=allow")]
    public async Task Who_presents_no_good_token_is_401_whatever_the_parameters_say(string query)
    {
        var token = await _app.CreateTokenAsync();
        var disabled = await _app.CreateTokenAsync();
        await _app.AdminAsync(HttpMethod.Put, $"/flow/tokens/{disabled.Id}", """{"is_active":false}""");

        foreach (string? presented in new[] { null, "x", token.Full[..^1], disabled.Full, TestApp.AdminToken })
        {
            var answer = await SendAsync(presented, query);

            Assert.Equal((401, "401", "AuthenticationError"), (answer.Status, answer.Header("X-FlowQuota-Status"), answer.ErrorType));
            Assert.Equal("Bearer", answer.Header("WWW-Authenticate"));
        }

        await AppLedger.AssertUntouchedAsync(_app, token);
    }

    [Theory]
    [InlineData("?cost=-1", "cost")]
    [InlineData("?cost=1000001", "cost")]
    [InlineData("?cost=1.0", "cost")]
    [InlineData("?cost=", "cost")]
    [InlineData("?cost=1&cost=0", "cost")]
    [InlineData("?cost=%200", "cost")]
    [InlineData("?Cost=1", "Cost")]
    [InlineData("?deny=401", "deny")]
    [InlineData("?deny=", "deny")]
    [InlineData("?dedupe=id", "dedupe")]
    [InlineData("?unavailable=pass", "unavailable")]
    [InlineData("?meter=image", "meter")]
    [InlineData("?token=x", "token")]
    [InlineData("/orders?page=1&deny=403", "page")]
    public async Task A_wrong_or_unknown_parameter_is_400_and_named(string target, string named)
    {
        var token = await _app.CreateTokenAsync();

        var answer = await SendAsync(token.Full, target);

        Assert.Equal((400, "400"), (answer.Status, answer.Header("X-FlowQuota-Status")));
        Assert.StartsWith(named + " ", answer.ErrorMessage, StringComparison.Ordinal);
        await AppLedger.AssertUntouchedAsync(_app, token);
    }

    [Fact]
    public async Task A_time_token_has_nothing_remaining_to_tell()
    {
        var token = await _app.CreateTokenAsync(TokenBody.Time());

        var answer = await SendAsync(token.Full, "?cost=5");

        Assert.Equal((200, null), (answer.Status, answer.Header("X-FlowQuota-Remaining")));
        Assert.Equal((null, null, 0, "consume"), AppLedger.Figures(await AppLedger.LastRowAsync(_app, token)));
    }

    [Theory]
    [InlineData("a b", "a%20b")]
    [InlineData("100%", "100%25")]
    [InlineData("队\"\\🦊", "%E9%98%9F\"\\%F0%9F%A6%8A")]
    [InlineData("a,b;c=d", "a,b;c=d")]
    public async Task A_workspace_of_any_characters_fits_into_its_header_and_comes_back_whole(string workspace, string header)
    {
        var token = await _app.CreateTokenAsync(TokenBody.With(JsonSerializer.Serialize(new { ws_id = workspace })));

        foreach (string query in new[] { "", "?cost=0", "?dedupe=request_id", "?dedupe=request_id" })
            Assert.Equal(header, (await SendAsync(token.Full, query, requestId: "same")).Header("X-FlowQuota-Workspace"));

        Assert.Equal(workspace, Uri.UnescapeDataString(header));
        Assert.Equal(header, PassAnswer.Visible(workspace));
    }

    [Fact]
    public async Task Headers_that_a_client_forges_change_nothing()
    {
        var token = await _app.CreateTokenAsync();

        var answer = await SendAsync(token.Full, headers:
        [
            ("X-FlowQuota-Token-Id", "flow_root"), ("X-FlowQuota-Workspace", "root"), ("X-FlowQuota-Remaining", "999"), ("X-FlowQuota-Unmetered", "1"),
            ("X-FlowQuota-Status", "200"), ("X-FlowQuota-Cost", "0"), ("X-Original-URI", "/?cost=0"), ("X-HTTP-Method-Override", "OPTIONS"),
        ]);

        Assert.Equal((200, token.Id, "ws", "9", null), (answer.Status, answer.Header("X-FlowQuota-Token-Id"),
            answer.Header("X-FlowQuota-Workspace"), answer.Header("X-FlowQuota-Remaining"), answer.Header("X-FlowQuota-Unmetered")));
    }

    [Fact]
    public async Task A_sub_request_that_is_repeated_under_its_id_is_charged_once()
    {
        var token = await _app.CreateTokenAsync(TokenBody.With("""{"rate_limit_per_minute":3,"rate_limit_window_seconds":3600}"""));

        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => SendAsync(token.Full, "?cost=4&dedupe=request_id", requestId: "once")));

        Assert.All(answers, answer => Assert.Equal((200, "6", token.Id), (answer.Status, answer.Header("X-FlowQuota-Remaining"), answer.Header("X-FlowQuota-Token-Id"))));
        Assert.Equal(19, answers.Count(answer => answer.Header("Idempotent-Replayed") == "true"));
        Assert.All(answers, answer => Assert.Equal("2", answer.Header("X-RateLimit-Remaining")));
        Assert.Equal("6", (await SendAsync(token.Full, "?cost=4&dedupe=request_id", "POST", requestId: "once")).Header("X-FlowQuota-Remaining"));
        // Another id, another cost and a call that does not ask for it are calls of their own.
        Assert.Equal("5", (await SendAsync(token.Full, "?dedupe=request_id", requestId: "other")).Header("X-FlowQuota-Remaining"));
        Assert.Equal("3", (await SendAsync(token.Full, "?cost=2&dedupe=request_id", requestId: "once")).Header("X-FlowQuota-Remaining"));
        Assert.Equal(429, (await SendAsync(token.Full, "", requestId: "once")).Status);
        Assert.Equal([10, 6, 5, 3], (await AppLedger.RowsAsync(_app, token)).Select(row => AppLedger.Figures(row).After));
    }

    [Fact]
    public async Task An_id_belongs_to_one_token_and_a_refused_attempt_does_not_use_it_up()
    {
        var one = await _app.CreateTokenAsync();
        var other = await _app.CreateTokenAsync(TokenBody.With("""{"total_quota":2}"""));
        Assert.Equal(200, (await SendAsync(one.Full, "?cost=3&dedupe=request_id", requestId: "shared")).Status);

        Assert.Equal(429, (await SendAsync(other.Full, "?cost=3&dedupe=request_id", requestId: "shared")).Status);
        await _app.AdminAsync(HttpMethod.Put, $"/flow/tokens/{other.Id}", """{"quota_operation":"add","quota_amount":5}""");
        Assert.Equal("4", (await SendAsync(other.Full, "?cost=3&dedupe=request_id", requestId: "shared")).Header("X-FlowQuota-Remaining"));
        // A revoked token is refused, also for a repeat.
        await _app.AdminAsync(HttpMethod.Put, $"/flow/tokens/{other.Id}", """{"is_active":false}""");
        Assert.Equal(401, (await SendAsync(other.Full, "?cost=3&dedupe=request_id", requestId: "shared")).Status);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("not sane!")]
    public async Task Without_a_sane_id_each_sub_request_is_charged(string? requestId)
    {
        var token = await _app.CreateTokenAsync();
        for (int left = 9; left >= 7; left--)
            Assert.Equal($"{left}", (await SendAsync(token.Full, "?dedupe=request_id", requestId: requestId)).Header("X-FlowQuota-Remaining"));
    }

    [Fact]
    public async Task Invariant1_A_thousand_at_once_pass_as_often_as_the_quota_says()
    {
        var token = await _app.CreateTokenAsync(TokenBody.With("""{"total_quota":100}"""));

        var answers = await Task.WhenAll(Enumerable.Range(0, 1000).Select(i => SendAsync(token.Full, "?deny=403&dedupe=request_id", requestId: $"call-{i}")));

        Assert.Equal(100, answers.Count(answer => answer.Status == 200));
        Assert.All(answers.Where(answer => answer.Status != 200), answer => Assert.Equal((403, "429"), (answer.Status, answer.Header("X-FlowQuota-Status"))));
        Assert.Equal(101, (await AppLedger.RowsAsync(_app, token)).Count);
    }

    internal static Task<GatewayAnswer> SendAsync(HttpClient client, string target, string? token, string method = "GET", HttpContent? content = null,
        string? requestId = null, IEnumerable<(string Name, string Value)>? headers = null)
    {
        var request = new HttpRequestMessage(new HttpMethod(method), target) { Content = content };
        if (token is not null)
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        if (requestId is not null)
            request.Headers.TryAddWithoutValidation("X-Request-ID", requestId);
        foreach (var (name, value) in headers ?? [])
            request.Headers.TryAddWithoutValidation(name, value);
        return GatewayAnswer.ReadAsync(client, request);
    }

    private Task<GatewayAnswer> SendAsync(string? token, string target = "", string method = "GET", HttpContent? content = null,
        string? requestId = null, IEnumerable<(string Name, string Value)>? headers = null) =>
        SendAsync(_app.Client, "/flow/authorize" + target, token, method, content, requestId, headers);

    private static string RateReset(GatewayAnswer answer) => answer.Header("RateLimit")!.Split(";t=")[1].Split(',')[0];
}
