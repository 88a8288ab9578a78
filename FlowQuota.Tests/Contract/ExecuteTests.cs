using System.Text;
using System.Text.Json;
using FlowQuota.Tests.Apps;
using Xunit;

namespace FlowQuota.Tests.Contract;

/// <summary>Protects POST /flow/execute: its own envelope, its headers, and which failures consume a unit.</summary>
[Collection(ContractTests.Name)]
public sealed class ExecuteTests(EmbeddedContractApp shared)
{
    private readonly TestApp _app = shared.App;

    [Fact]
    public async Task The_first_example_of_the_contract_answers_as_it_says()
    {
        var token = await _app.CreateTokenAsync(TokenBody.With("""{"rate_limit_per_minute":60}"""));
        var answer = await SendAsync(token, """{"code_base64":"Y29uc29sZS5sb2coIkhlbGxvIik="}""");

        Assert.Equal(200, answer.Status);
        Envelope.Check(answer);
        Assert.Equal(["success", "result", "logs", "quota", "timing", "timestamp", "request_id"], Envelope.Names(answer.Body));
        Assert.True(answer.Body.GetProperty("success").GetBoolean());
        Assert.Equal(JsonValueKind.Null, answer.Body.GetProperty("result").ValueKind);
        Assert.Equal("Hello", Assert.Single(answer.Body.GetProperty("logs").EnumerateArray()).GetString());
        Assert.Equal("""{"quota_type":"count","total_quota":10,"remaining_quota":9}""", answer.Body.GetProperty("quota").GetRawText());
        AssertTiming(answer);
        Assert.Equal("\"permin\";q=60;w=60, \"quota\";q=10", Envelope.Header(answer, "RateLimit-Policy"));
        Assert.Matches("^\"permin\";r=59;t=(60|5[0-9]), \"quota\";r=9$", Envelope.Header(answer, "RateLimit"));
        Assert.Equal("60", Envelope.Header(answer, "X-RateLimit-Limit"));
        Assert.Equal("59", Envelope.Header(answer, "X-RateLimit-Remaining"));
        long now = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        Assert.InRange(long.Parse(Envelope.Header(answer, "X-RateLimit-Reset")!, System.Globalization.CultureInfo.InvariantCulture), now - 5, now + 65);
    }

    [Theory]
    [InlineData("count", null, "\"quota\";q=10", "\"quota\";r=9")]
    [InlineData("time", 60, "\"permin\";q=60;w=60", "\"permin\";r=59;t=")]
    [InlineData("time", null, null, null)]
    public async Task A_part_of_the_headers_is_left_out_where_there_is_no_such_limit(string type, int? limit, string? policy, string? left)
    {
        string fields = limit is null ? "{}" : $$"""{"rate_limit_per_minute":{{limit}}}""";
        var token = await _app.CreateTokenAsync(type == "time" ? TokenBody.Time(fields) : TokenBody.With(fields));
        foreach (var answer in new[] { await _app.ExecuteAsync(token, "return 1"), await _app.ConsumeAsync(await AnotherAsync()) })
        {
            Assert.Equal(200, answer.Status);
            Assert.Equal(policy, Envelope.Header(answer, "RateLimit-Policy"));
            Assert.StartsWith(left ?? "", Envelope.Header(answer, "RateLimit") ?? "", StringComparison.Ordinal);
            Assert.Equal(left is null, Envelope.Header(answer, "RateLimit") is null);
            Assert.Equal(limit is null, Envelope.Header(answer, "X-RateLimit-Limit") is null);
        }

        async Task<TestToken> AnotherAsync() => await _app.CreateTokenAsync(type == "time" ? TokenBody.Time(fields) : TokenBody.With(fields));
    }

    [Fact]
    public async Task A_time_token_has_a_null_for_its_quota()
    {
        var token = await _app.CreateTokenAsync(TokenBody.Time());
        var answer = await _app.ExecuteAsync(token, "return 1");
        Assert.Equal(JsonValueKind.Null, answer.Body.GetProperty("quota").ValueKind);
        Assert.Equal((null, null, 0, "consume"), AppLedger.Figures(await AppLedger.LastRowAsync(_app, token)));
    }

    [Theory]
    [InlineData("/flow/execute", "code_base64")]
    [InlineData("/flow/execute", "codebase64")]
    [InlineData("/flow/codeblock", "code_base64")]
    [InlineData("/flow/codeblock", "codebase64")]
    public async Task The_older_names_do_the_same(string path, string field)
    {
        var token = await _app.CreateTokenAsync();
        var answer = await SendAsync(token, $$$"""{"{{{field}}}":"{{{Base64("return input.a + 1")}}}","input":{"a":41}}""", path);
        Assert.Equal(42, answer.Body.GetProperty("result").GetInt32());
        Assert.Equal(9, await AppLedger.RemainingAsync(_app, token));
    }

    [Theory]
    [InlineData("null")]
    [InlineData("true")]
    [InlineData("-1.5e3")]
    [InlineData("\"text \\u00e9 \\\"quoted\\\" \\ud83d\\ude00\"")]
    [InlineData("[1,[2,{}],null]")]
    [InlineData("{\"a\":{\"b\":[true]},\"ключ\":\"значение\"}")]
    public async Task Input_is_any_JSON_and_comes_back_as_it_was(string input)
    {
        var token = await _app.CreateTokenAsync();
        var answer = await SendAsync(token, $$$"""{"code_base64":"{{{Base64("return input")}}}","input":{{{input}}}}""");
        Assert.Equal(200, answer.Status);
        Assert.True(JsonElement.DeepEquals(JsonSerializer.Deserialize<JsonElement>(input), answer.Body.GetProperty("result")), answer.Body.GetRawText());
    }

    [Theory]
    [InlineData("return (", "SyntaxError")]
    [InlineData("throw new TypeError('wrong')", "RuntimeError")]
    [InlineData("throw 'text'", "RuntimeError")]
    [InlineData("await Promise.reject(new Error('late'))", "RuntimeError")]
    [InlineData("function f() { f() } f()", "RuntimeError")]
    [InlineData("require('fs')", "RuntimeError")]
    [InlineData("while (true) {}", "TimeoutError")]
    [InlineData("await new Promise(() => {})", "TimeoutError")]
    [InlineData("const a = []; while (true) a.push('x'.repeat(1000000) + a.length)", "MemoryLimitError")]
    [InlineData("const a = {}; a.a = a; return a", "ResultError")]
    [InlineData("return Symbol()", "ResultError")]
    [InlineData("return 'x'.repeat(1024 * 1024)", "ResultError")]
    public async Task A_failure_of_the_code_is_told_by_its_type_and_consumes_one(string code, string type)
    {
        var token = await _app.CreateTokenAsync();
        var answer = await _app.ExecuteAsync(token, "console.log('before');" + code);

        Assert.Equal((400, type), (answer.Status, answer.ErrorType));
        Envelope.Check(answer);
        Assert.False(answer.Body.GetProperty("success").GetBoolean());
        Assert.NotEqual("", answer.ErrorMessage);
        AssertTiming(answer);
        Assert.Equal(9, answer.Body.GetProperty("quota").GetProperty("remaining_quota").GetInt32());
        Assert.Equal("\"quota\";r=9", Envelope.Header(answer, "RateLimit"));
        Assert.Equal(9, await AppLedger.RemainingAsync(_app, token));

        await Eventually.TrueAsync(async () => (await AppLedger.LastRowAsync(_app, token)).GetProperty("execution_success").ValueKind == JsonValueKind.False);
        var row = await AppLedger.LastRowAsync(_app, token);
        Assert.Equal((10, 9, -1, "consume"), AppLedger.Figures(row));
        Assert.Equal(type, row.GetProperty("execution_error_type").GetString());
    }

    [Fact]
    public async Task Code_that_threw_shows_where_in_its_own_lines()
    {
        var token = await _app.CreateTokenAsync();
        var answer = await _app.ExecuteAsync(token, "function deep() {\n  throw new Error('here')\n}\ndeep()");
        string stack = answer.Body.GetProperty("error").GetProperty("stack").GetString()!;
        Assert.Contains("deep", stack, StringComparison.Ordinal);
        Assert.Contains("2:", stack, StringComparison.Ordinal);
        Assert.DoesNotContain(".cs", stack, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Timing_is_in_whole_milliseconds_and_holds_the_run()
    {
        var token = await _app.CreateTokenAsync();
        var answer = await _app.ExecuteAsync(token, "const end = Date.now() + 120; while (Date.now() < end) {} return 1");
        var (execution, total) = AssertTiming(answer);
        Assert.InRange(execution, 100, ContractApp.ExecuteTimeoutMilliseconds);
        Assert.InRange(total, execution, 60_000);
    }

    [Fact]
    public async Task A_spent_token_is_429_with_what_is_left_and_no_word_of_when()
    {
        var token = await _app.CreateTokenAsync(TokenBody.With("""{"total_quota":1}"""));
        await _app.ExecuteAsync(token, "return 1");
        var answer = await _app.ExecuteAsync(token, "return 1");
        Envelope.Refused(answer, 429, "QuotaExceeded");
        AssertTiming(answer);
        Assert.Equal("\"quota\";q=1", Envelope.Header(answer, "RateLimit-Policy"));
        Assert.Equal("\"quota\";r=0", Envelope.Header(answer, "RateLimit"));
        Assert.Equal(2, (await AppLedger.RowsAsync(_app, token)).Count);
    }

    [Theory]
    [InlineData("""{}""", "code_base64")]
    [InlineData("""{"code_base64":null}""", "code_base64")]
    [InlineData("""{"code_base64":""}""", "code_base64")]
    [InlineData("""{"code_base64":5}""", "code_base64")]
    [InlineData("""{"code_base64":["cmV0dXJuIDE="]}""", "code_base64")]
    [InlineData("""{"code_base64":"return 1"}""", "code_base64")]
    [InlineData("""{"code_base64":"cmV0dXJuIDE"}""", "code_base64")]
    [InlineData("""{"code_base64":"cmV0dXJuIDE=="}""", "code_base64")]
    [InlineData("""{"code_base64":"cmV0-XJuIDE="}""", "code_base64")]
    [InlineData("""{"code_base64":"/////w=="}""", "code_base64")]
    [InlineData("""{"codebase64":"***"}""", "codebase64")]
    [InlineData("""{"codebase64":"cmV0dXJuIDE=","code_base64":"cmV0dXJuIDE="}""", "codebase64")]
    [InlineData("""{"code_base64":"cmV0dXJuIDE=","inputs":1}""", "inputs")]
    [InlineData("""{"code_base64":"cmV0dXJuIDE=","Input":1}""", "Input")]
    [InlineData("""{"code":"cmV0dXJuIDE="}""", "code")]
    public async Task A_wrong_field_is_named_and_nothing_is_consumed(string body, string named)
    {
        var token = await _app.CreateTokenAsync();
        var answer = await SendAsync(token, body);
        Envelope.Invalid(answer, named);
        AssertTiming(answer);
        await AppLedger.AssertUntouchedAsync(_app, token);
    }

    [Fact]
    public async Task Code_of_64_KB_runs_and_a_byte_more_is_refused()
    {
        var token = await _app.CreateTokenAsync();
        string code = "return 1 //".PadRight(64 * 1024, 'x');
        Envelope.Invalid(await _app.ExecuteAsync(token, code + "x"), "code_base64");
        Envelope.Invalid(await _app.ExecuteAsync(token, code[..^1] + "é"), "code_base64");
        Envelope.Invalid(await _app.ExecuteAsync(token, new string('x', 1_000_000)), "code_base64");
        await AppLedger.AssertUntouchedAsync(_app, token);
        Assert.Equal(1, (await _app.ExecuteAsync(token, code)).Body.GetProperty("result").GetInt32());
    }

    [Fact]
    public async Task A_body_of_2_MB_is_read_and_a_larger_one_is_413_whether_its_length_is_told_or_not()
    {
        const int limit = 2 * 1024 * 1024;
        var token = await _app.CreateTokenAsync();
        string start = $$"""{"code_base64":"{{Base64("return input.length")}}","input":" """.TrimEnd();
        byte[] Body(int length) => Encoding.UTF8.GetBytes(start.PadRight(length - 2, 'x') + "\"}");

        foreach (bool chunked in new[] { false, true })
        {
            Envelope.Refused(await SendBytesAsync(token, Body(limit + 1), chunked), 413, "PayloadTooLarge");
            Envelope.Refused(await SendBytesAsync(token, Body(limit + 100_000), chunked), 413, "PayloadTooLarge");
        }

        await AppLedger.AssertUntouchedAsync(_app, token);
        Assert.Equal(limit - start.Length - 2, (await SendBytesAsync(token, Body(limit), chunked: true)).Body.GetProperty("result").GetInt32());
    }

    [Fact]
    public async Task Many_log_lines_are_cut_at_a_thousand()
    {
        var token = await _app.CreateTokenAsync();
        var answer = await _app.ExecuteAsync(token, "for (let i = 0; i < 5000; i++) console.log(i); return 1");
        Assert.Equal(200, answer.Status);
        Assert.InRange(answer.Body.GetProperty("logs").GetArrayLength(), 1000, 1001);
    }

    private static string Base64(string code) => Convert.ToBase64String(Encoding.UTF8.GetBytes(code));

    private static (long Execution, long Total) AssertTiming(TestAnswer answer)
    {
        var timing = answer.Body.GetProperty("timing");
        Assert.Equal(["executionTime", "totalTime"], Envelope.Names(timing));
        return (timing.GetProperty("executionTime").GetInt64(), timing.GetProperty("totalTime").GetInt64());
    }

    private Task<TestAnswer> SendAsync(TestToken token, string body, string path = "/flow/execute") =>
        _app.SendAsync(HttpMethod.Post, path, token.Full, body);

    private async Task<TestAnswer> SendBytesAsync(TestToken token, byte[] body, bool chunked)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/flow/execute") { Content = new ByteArrayContent(body) };
        request.Headers.Authorization = new("Bearer", token.Full);
        request.Headers.TransferEncodingChunked = chunked;
        request.Content.Headers.ContentType = new("application/json");
        return await _app.SendAsync(request);
    }
}
