using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using FlowQuota.Tests.Apps;
using FlowQuota.Tests.Servers;
using Xunit;

namespace FlowQuota.Tests.Contract;

/// <summary>Protects requests with an Idempotency-Key, on each route that takes one, and the question what became of a call.</summary>
[Collection(ContractTests.Name)]
public sealed class IdempotencyTests(EmbeddedContractApp shared)
{
    private const string TenMore = """{"quota_operation":"add","quota_amount":10}""";

    private readonly TestApp _app = shared.App;

    [Fact]
    public async Task Invariant11_A_repeated_consume_gets_the_first_answer()
    {
        var token = await _app.CreateTokenAsync();
        var first = await ConsumeAsync(token, "\"order-17\"", """{"cost":3}""");
        var between = await ConsumeAsync(token, null, """{"cost":1}""");
        var again = await ConsumeAsync(token, "order-17", """{"cost":3.0}""");

        Assert.Equal(6, Envelope.Data(between).GetProperty("remaining_quota").GetInt32());
        Assert.Null(Envelope.Header(first, "Idempotent-Replayed"));
        Assert.Equal(Envelope.Data(first).GetRawText(), again.Data.GetRawText());
        AssertReplays(first, again);
        Envelope.Refused(await ConsumeAsync(token, "order-17", """{"cost":4}"""), 422, "IdempotencyMismatch", "Idempotency-Key");
        Assert.Equal(6, await AppLedger.RemainingAsync(_app, token));
        var rows = await AppLedger.RowsAsync(_app, token);
        Assert.Equal(3, rows.Count);
        Assert.Equal("order-17", rows[1].GetProperty("idempotency_key").GetString());
        Assert.False(rows[2].TryGetProperty("idempotency_key", out _));
    }

    [Theory]
    [InlineData("")]
    [InlineData("\"\"")]
    [InlineData("\"open")]
    [InlineData("a b")]
    [InlineData("a@b")]
    [InlineData("a,b")]
    [InlineData(null)]
    public async Task A_wrong_key_is_named_and_takes_nothing(string? key)
    {
        var token = await _app.CreateTokenAsync();
        Envelope.Invalid(await ConsumeAsync(token, key ?? new string('k', 129), "{}"), "Idempotency-Key");
        await AppLedger.AssertUntouchedAsync(_app, token);
    }

    [Fact]
    public async Task The_same_key_of_another_token_or_route_is_another_key()
    {
        var (one, other) = (await _app.CreateTokenAsync(), await _app.CreateTokenAsync());
        foreach (var token in new[] { one, other })
        {
            Envelope.Data(await ConsumeAsync(token, "shared", "{}"));
            var run = await ExecuteAsync(token, "shared", "return 1");
            Assert.Null(Envelope.Header(run, "Idempotent-Replayed"));
            Assert.Equal(8, await AppLedger.RemainingAsync(_app, token));
        }
    }

    [Fact]
    public async Task Invariant11_A_repeated_execute_gets_the_result_of_the_first_under_either_name()
    {
        var token = await _app.CreateTokenAsync();
        const string code = "console.log('run'); return Math.random()";
        var first = await ExecuteAsync(token, "key", code);
        var again = await ExecuteAsync(token, "key", code, "/flow/codeblock");

        foreach (string field in new[] { "result", "logs", "quota" })
            Assert.Equal(first.Body.GetProperty(field).GetRawText(), again.Body.GetProperty(field).GetRawText());
        Assert.False(again.Body.TryGetProperty("result_omitted", out _));
        AssertReplays(first, again);
        Envelope.Refused(await ExecuteAsync(token, "key", "return 2"), 422, "IdempotencyMismatch");
        Assert.Equal(2, (await AppLedger.RowsAsync(_app, token)).Count);

        string longOne = $"return 'x'.repeat({16 * 1024})";
        Assert.Equal(16 * 1024, (await ExecuteAsync(token, "long", longOne)).Body.GetProperty("result").GetString()!.Length);
        again = await ExecuteAsync(token, "long", longOne);
        Assert.Equal((200, "null", true),
            (again.Status, again.Body.GetProperty("result").GetRawText(), again.Body.GetProperty("result_omitted").GetBoolean()));
    }

    [Fact]
    public async Task Invariant11_A_repeat_while_the_code_runs_is_a_409()
    {
        var token = await _app.CreateTokenAsync();
        var running = ExecuteAsync(token, "key", "while (true) {}");
        await Eventually.TrueAsync(async () => await AppLedger.RemainingAsync(_app, token) == 9);

        Envelope.Refused(await ExecuteAsync(token, "key", "while (true) {}"), 409, "IdempotencyInProgress");

        var first = await running;
        var again = await ExecuteAsync(token, "key", "while (true) {}");
        Assert.Equal((400, "TimeoutError"), (again.Status, again.ErrorType));
        AssertReplays(first, again);
        Assert.Equal(9, await AppLedger.RemainingAsync(_app, token));
    }

    [Fact]
    public async Task Invariant11_A_repeated_recharge_adds_once_whatever_its_request_id()
    {
        var token = await _app.CreateTokenAsync();
        string path = $"/flow/tokens/{token.Id}";
        var first = await SendAsync(HttpMethod.Put, path, TestApp.AdminToken, "\"invoice-1\"", TenMore);
        var again = await SendAsync(HttpMethod.Put, path, TestApp.AdminToken, "invoice-1", TenMore);

        Assert.Equal(20, Envelope.Data(first).GetProperty("remaining_quota").GetInt32());
        Assert.Equal(first.Data.GetRawText(), again.Data.GetRawText());
        AssertReplays(first, again);
        Envelope.Refused(await SendAsync(HttpMethod.Put, path, TestApp.AdminToken, "invoice-1", TenMore.Replace("10", "11", StringComparison.Ordinal)),
            422, "IdempotencyMismatch", "Idempotency-Key");
        var row = Assert.Single((await AppLedger.RowsAsync(_app, token)).Skip(1));
        Assert.Equal(("recharge", "invoice-1"), (row.GetProperty("action").GetString(), row.GetProperty("idempotency_key").GetString()));
    }

    [Fact]
    public async Task Invariant11_A_repeated_create_gives_the_same_token_without_its_secret()
    {
        string body = TokenBody.With("""{"ws_id":"made-once"}""");
        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => SendAsync(HttpMethod.Post, "/flow/tokens", TestApp.AdminToken, "signup-1", body)));

        var first = Assert.Single(answers, answer => answer.Data.GetProperty("access_token").GetString() is not null);
        var data = Envelope.Data(first);
        foreach (var again in answers.Where(answer => answer != first))
        {
            AssertReplays(first, again);
            Assert.Equal(JsonValueKind.Null, again.Data.GetProperty("access_token").ValueKind);
            foreach (string field in new[] { "id", "token_id", "ws_id", "total_quota", "remaining_quota", "created_at", "is_active" })
                Assert.Equal(data.GetProperty(field).GetRawText(), again.Data.GetProperty(field).GetRawText());
        }

        Assert.Equal(1, Envelope.Data(await _app.AdminAsync(HttpMethod.Get, "/flow/tokens?ws_id=made-once")).GetProperty("count").GetInt32());
        Envelope.Refused(await SendAsync(HttpMethod.Post, "/flow/tokens", TestApp.AdminToken, "signup-1", TokenBody.With("""{"ws_id":"another"}""")),
            422, "IdempotencyMismatch");
        Envelope.Invalid(await SendAsync(HttpMethod.Post, "/flow/tokens", TestApp.AdminToken, "no key", body), "Idempotency-Key");
    }

    [Fact]
    public async Task What_became_of_a_call_is_told_to_its_holder_and_to_admins()
    {
        var token = await _app.CreateTokenAsync();
        var other = await _app.CreateTokenAsync();
        string taken = (await ConsumeAsync(token, "key", """{"cost":3}""")).Body.GetProperty("request_id").GetString()!;
        string ran = (await ExecuteAsync(token, null, "throw new Error('no')")).Body.GetProperty("request_id").GetString()!;

        for (int i = 0; i < 2; i++)
        {
            // Before and after the records are in SQL.
            var call = Envelope.Data(await FindAsync(taken, token.Full));
            Assert.Equal(["request_id", "token_id", "charged", "units", "changes", "searched_from"], Envelope.Names(call));
            Assert.Equal((true, 3), (call.GetProperty("charged").GetBoolean(), call.GetProperty("units").GetInt32()));
            var change = Assert.Single(call.GetProperty("changes").EnumerateArray());
            Assert.Equal((10, 7, -3, "consume"), AppLedger.Figures(change));
            Assert.Equal("key", change.GetProperty("idempotency_key").GetString());
            Assert.Equal(call.GetRawText().Split("\"searched_from\"")[0],
                Envelope.Data(await FindAsync(taken, TestApp.AdminToken, $"?token={token.Id}")).GetRawText().Split("\"searched_from\"")[0]);
            await _app.DrainAsync();
        }

        var run = Assert.Single(Envelope.Data(await FindAsync(ran, token.Full)).GetProperty("changes").EnumerateArray());
        Assert.Equal((false, "RuntimeError"), (run.GetProperty("execution_success").GetBoolean(), run.GetProperty("execution_error_type").GetString()));
        var none = Envelope.Data(await FindAsync(taken, other.Full));
        Assert.Equal((false, 0, 0), (none.GetProperty("charged").GetBoolean(), none.GetProperty("units").GetInt32(), none.GetProperty("changes").GetArrayLength()));
    }

    [Fact]
    public async Task The_question_what_became_of_a_call_is_read_strictly()
    {
        var token = await _app.CreateTokenAsync();
        Envelope.Refused(await FindAsync("x", null), 401, "AuthenticationError");
        Envelope.Refused(await FindAsync("x", "flow_forged"), 401, "AuthenticationError");
        Envelope.Invalid(await FindAsync("x", token.Full, $"?token={token.Id}"), "token");
        Envelope.Invalid(await FindAsync("x", TestApp.AdminToken), "token");
        Envelope.Refused(await FindAsync("x", TestApp.AdminToken, "?token=flow_none"), 404, "NotFound");
        Envelope.Invalid(await FindAsync("a%20b", token.Full), "request_id");
        Envelope.Invalid(await FindAsync("x", token.Full, "?page=1"), "page");
    }

    [Fact]
    public async Task Invariant11_With_two_of_three_answers_lost_and_repeated_there_is_one_row_for_each_intent()
    {
        const int intents = 60;
        var token = await _app.CreateTokenAsync(TokenBody.With("""{"total_quota":1000}"""));
        await using var proxy = new TcpProxy(new Uri(_app.Client.BaseAddress!.ToString()).Port);
        var random = new Random(17);
        int lost = 0;
        proxy.CutsReply = () =>
        {
            lock (random)
                return random.Next(3) > 0 && ++lost > 0;
        };
        using var client = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{proxy.Port}") };

        await Parallel.ForEachAsync(Enumerable.Range(0, intents), new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (intent, _) =>
        {
            bool runsCode = intent % 3 == 0;
            while (true)
            {
                using var request = Request(HttpMethod.Post, runsCode ? "/flow/execute" : "/flow/consume", token.Full, $"intent-{intent}",
                    runsCode ? Code("return 1") : """{"cost":2}""");
                try
                {
                    using var response = await client.SendAsync(request, CancellationToken.None);
                    if (response.IsSuccessStatusCode)
                        return;
                    Assert.Equal(409, (int)response.StatusCode);
                }
                catch (HttpRequestException)
                {
                    // The answer is lost: the caller repeats.
                }
            }
        });

        Assert.InRange(lost, intents, int.MaxValue);
        var rows = await AppLedger.RowsAsync(_app, token);
        Assert.Equal(Enumerable.Range(0, intents).Select(i => $"intent-{i}").Order(),
            rows.Skip(1).Select(row => row.GetProperty("idempotency_key").GetString()).Order());
        Assert.Equal(1000 - 20 - 80, await AppLedger.RemainingAsync(_app, token));
        Assert.All(rows.Skip(1), row => Assert.Equal("consume", row.GetProperty("action").GetString()));
    }

    private static void AssertReplays(TestAnswer first, TestAnswer again)
    {
        Assert.Equal("true", Envelope.Header(again, "Idempotent-Replayed"));
        Assert.Equal(first.Status, again.Status);
        Assert.Equal(first.Body.GetProperty("request_id").GetString(), again.Body.GetProperty("original_request_id").GetString());
        Assert.NotEqual(first.Body.GetProperty("request_id").GetString(), again.Body.GetProperty("request_id").GetString());
        Assert.False(first.Body.TryGetProperty("original_request_id", out _));
    }

    private Task<TestAnswer> ConsumeAsync(TestToken token, string? key, string body) => SendAsync(HttpMethod.Post, "/flow/consume", token.Full, key, body);

    private Task<TestAnswer> ExecuteAsync(TestToken token, string? key, string code, string path = "/flow/execute") =>
        SendAsync(HttpMethod.Post, path, token.Full, key, Code(code));

    private Task<TestAnswer> FindAsync(string requestId, string? token, string query = "") =>
        _app.SendAsync(HttpMethod.Get, $"/flow/calls/{requestId}{query}", token);

    private Task<TestAnswer> SendAsync(HttpMethod method, string path, string token, string? key, string body) =>
        _app.SendAsync(method, path, token, body, key);

    private static HttpRequestMessage Request(HttpMethod method, string path, string token, string? key, string body)
    {
        var request = new HttpRequestMessage(method, path) { Content = new StringContent(body, Encoding.UTF8, "application/json") };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        if (key is not null)
            request.Headers.TryAddWithoutValidation("Idempotency-Key", key);
        return request;
    }

    private static string Code(string code) => $$"""{"code_base64":"{{Convert.ToBase64String(Encoding.UTF8.GetBytes(code))}}"}""";
}
