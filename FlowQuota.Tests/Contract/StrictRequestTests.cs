using System.IO.Compression;
using System.Net.Http.Headers;
using System.Text;
using FlowQuota.Tests.Apps;
using FlowQuota.Tests.Fuzzing;
using Xunit;

namespace FlowQuota.Tests.Contract;

/// <summary>Protects how requests are read: an unknown, ambiguous or broken part is refused by name, and costs nothing.</summary>
[Collection(ContractTests.Name)]
public sealed class StrictRequestTests(EmbeddedContractApp shared)
{
    private readonly TestApp _app = shared.App;

    [Theory]
    [InlineData("/health")]
    [InlineData("/flow/health")]
    [InlineData("/flow/tokens")]
    [InlineData("/flow/tokens/{token}/quota")]
    [InlineData("/flow/tokens/{token}/quota/logs")]
    [InlineData("/flow/quota/verify")]
    [InlineData("/flow/quota/cleanup/stats")]
    [InlineData("/flow/cache-write-pool/stats")]
    [InlineData("/flow/usage")]
    [InlineData("/flow/usage/statement?token={token}")]
    [InlineData("/flow/quota")]
    public async Task HEAD_answers_as_GET_does_without_a_body(string path)
    {
        var token = await _app.CreateTokenAsync();
        path = path.Replace("{token}", token.Id, StringComparison.Ordinal);
        var (get, head) = (await SendAsync(HttpMethod.Get), await SendAsync(HttpMethod.Head));

        Assert.Equal(get.StatusCode, head.StatusCode);
        Assert.Equal(get.Content.Headers.ContentType, head.Content.Headers.ContentType);
        Assert.NotEmpty(head.Headers.GetValues("X-Request-ID"));
        Assert.Empty(await head.Content.ReadAsByteArrayAsync());

        async Task<HttpResponseMessage> SendAsync(HttpMethod method)
        {
            using var request = new HttpRequestMessage(method, path);
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", path == "/flow/quota" ? token.Full : TestApp.AdminToken);
            return await _app.Client.SendAsync(request);
        }
    }

    [Theory]
    [InlineData("GET", "/flow/tokens?token[]=x", "token[]")]
    [InlineData("GET", "/flow/tokens?Token=x", "Token")]
    [InlineData("GET", "/flow/tokens?page=1&offset=2", "offset")]
    [InlineData("GET", "/flow/tokens?token=", "token")]
    [InlineData("GET", "/flow/tokens?token", "token")]
    [InlineData("GET", "/flow/tokens?email=", "email")]
    [InlineData("GET", "/flow/tokens?page=", "page")]
    [InlineData("GET", "/flow/tokens?page=1&page=1", "page")]
    [InlineData("GET", "/flow/tokens/{token}/quota/logs?from=2026-01-01", "from")]
    [InlineData("GET", "/flow/tokens/{token}/quota?x=1", "x")]
    [InlineData("GET", "/flow/quota/verify?tokens=x", "tokens")]
    [InlineData("GET", "/flow/health?x", "x")]
    [InlineData("DELETE", "/flow/tokens/{token}?force=true", "force")]
    [InlineData("POST", "/flow/quota/cleanup/trigger?dry_run=1", "dry_run")]
    public async Task A_query_parameter_that_is_unknown_empty_or_doubled_is_400_and_named(string method, string path, string name)
    {
        var token = await _app.CreateTokenAsync();
        Envelope.Invalid(await _app.AdminAsync(new HttpMethod(method), path.Replace("{token}", token.Id, StringComparison.Ordinal)), name);
        await AppLedger.AssertUntouchedAsync(_app, token);
    }

    [Theory]
    [InlineData("POST", "/flow/consume?cost=3", "cost")]
    [InlineData("POST", "/flow/execute?cancellationToken=1", "cancellationToken")]
    [InlineData("GET", "/flow/quota?request=1", "request")]
    public async Task The_calls_of_a_token_have_no_query_parameters(string method, string path, string name)
    {
        var token = await _app.CreateTokenAsync();
        Envelope.Invalid(await _app.SendAsync(new HttpMethod(method), path, token.Full), name);
        await AppLedger.AssertUntouchedAsync(_app, token);
    }

    [Theory]
    [InlineData("", "body is not valid JSON (line 1, byte 1).")]
    [InlineData("{\"ws_id\":\"a\",\n \"email\":x}", "body is not valid JSON (line 2, byte 10).")]
    [InlineData("{\"ws_id\":1,\n\n  \"ws_id\":2}", "body has the name ws_id twice (line 3, byte 3).")]
    [InlineData("{\"input\":{\"a\":1,\"\\u0061\":2}}", "body has the name a twice (line 1, byte 17).")]
    [InlineData("[1]", "body must be a JSON object.")]
    [InlineData("{} {}", "body is not valid JSON (line 1, byte 4).")]
    public async Task Each_mistake_in_JSON_has_a_sentence_of_its_own(string body, string message) =>
        Assert.Equal(message, (await _app.AdminAsync(HttpMethod.Post, "/flow/tokens", body)).ErrorMessage);

    [Fact]
    public async Task What_is_nested_too_deep_is_said_to_be_and_one_level_less_is_read()
    {
        Assert.Equal("body must be nested at most 64 deep (line 1, byte 74).", (await SendAsync(64)).ErrorMessage);
        Envelope.Invalid(await SendAsync(63), "input");

        Task<TestAnswer> SendAsync(int depth) =>
            _app.AdminAsync(HttpMethod.Post, "/flow/tokens", "{ \"input\":" + new string('[', depth) + new string(']', depth) + "}");
    }

    [Theory]
    [InlineData("\uFEFF{\"cost\":1}", 9)]
    [InlineData("{\"cost\":3.0}", 7)]
    [InlineData("{\"cost\":1e1}", 0)]
    [InlineData("{\"cost\":0.2E+1}", 8)]
    [InlineData("{\"cost\":50e-1}", 5)]
    public async Task A_whole_number_may_be_written_in_any_way_and_a_byte_order_mark_is_skipped(string body, int left)
    {
        var token = await _app.CreateTokenAsync();
        Envelope.Data(await _app.SendAsync(HttpMethod.Post, "/flow/consume", token.Full, body));
        Assert.Equal(left, await AppLedger.RemainingAsync(_app, token));
    }

    [Theory]
    [InlineData("1.5")]
    [InlineData("1e400")]
    [InlineData("1e-1")]
    [InlineData("-1.0")]
    [InlineData("1e7")]
    [InlineData("\"1\"")]
    public async Task What_is_no_whole_number_in_range_is_400(string cost)
    {
        var token = await _app.CreateTokenAsync();
        Envelope.Invalid(await _app.SendAsync(HttpMethod.Post, "/flow/consume", token.Full, $"{{\"cost\":{cost}}}"), "cost");
        await AppLedger.AssertUntouchedAsync(_app, token);
    }

    [Fact]
    public async Task A_cost_above_what_is_left_says_both_figures()
    {
        var token = await _app.CreateTokenAsync(TokenBody.With("""{"total_quota":5}"""));
        Assert.Equal("cost 6 is more than the 5 left.", (await _app.ConsumeAsync(token, 6)).ErrorMessage);
        Envelope.Data(await _app.ConsumeAsync(token, 5));
        Assert.Equal("Quota exceeded: 0 of 5 calls left.", (await _app.ConsumeAsync(token)).ErrorMessage);
    }

    [Theory]
    [InlineData("9999-12-31", "9999-12-31 00:00:00")]
    [InlineData("9999-12-31 23:59:59", "9999-12-31 23:59:59")]
    public async Task The_last_date_of_the_calendar_is_a_good_one(string date, string told)
    {
        var token = await _app.CreateTokenAsync(TokenBody.Time($$"""{"operation":"set","specific_date":"{{date}}"}"""));
        Envelope.Data(await _app.ConsumeAsync(token));
        var found = await _app.AdminAsync(HttpMethod.Get, $"/flow/tokens?token={token.Id}");
        Assert.Equal(told, Envelope.Data(found).GetProperty("tokens")[0].GetProperty("expires_at").GetString());
        Envelope.Data(await _app.AdminAsync(HttpMethod.Get, $"/flow/tokens/{token.Id}/quota/logs?start_date=1970-01-01&end_date={Uri.EscapeDataString(date)}"));
        Envelope.Invalid(await _app.AdminAsync(HttpMethod.Put, $"/flow/tokens/{token.Id}", """{"operation":"add","days":1}"""), "days");
    }

    [Fact]
    public async Task A_count_token_with_an_end_date_says_that_the_date_does_not_end_it()
    {
        const string advice = "A token of quota_type count does not end at expires_at; hybrid does.";
        var count = await _app.AdminAsync(HttpMethod.Post, "/flow/tokens", TokenBody.With("""{"operation":"add","days":1}"""));
        Assert.EndsWith(advice, count.Body.GetProperty("message").GetString(), StringComparison.Ordinal);
        var hybrid = await _app.AdminAsync(HttpMethod.Post, "/flow/tokens", TokenBody.With("""{"operation":"add","days":1,"quota_type":"hybrid"}"""));
        Assert.DoesNotContain(advice, hybrid.Body.GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_body_may_be_packed_and_its_limit_is_that_of_what_is_in_it()
    {
        var token = await _app.CreateTokenAsync();
        Envelope.Data(await PackedAsync(Gzip("""{"cost":3}"""u8.ToArray()), "gzip"));
        Assert.Equal(7, await AppLedger.RemainingAsync(_app, token));

        Envelope.Refused(await PackedAsync(Gzip(new byte[100_000_000]), "gzip"), 413, "PayloadTooLarge");
        Envelope.Invalid(await PackedAsync("""{"cost":3}"""u8.ToArray(), "gzip"), "body");
        byte[] cut = Gzip(Encoding.ASCII.GetBytes($$"""{"cost":3,"x":"{{Guid.NewGuid()}}"}"""));
        Assert.Equal(400, (await PackedAsync(cut[..(cut.Length / 2)], "gzip")).Status);
        foreach (string other in new[] { "br", "deflate", "gzip, gzip" })
            Envelope.Refused(await PackedAsync(Gzip("{}"u8.ToArray()), other), 415, "UnsupportedMediaType", other);
        Assert.Equal(7, await AppLedger.RemainingAsync(_app, token));

        async Task<TestAnswer> PackedAsync(byte[] bytes, string encoding)
        {
            using var content = new ByteArrayContent(bytes);
            content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
            content.Headers.TryAddWithoutValidation("Content-Encoding", encoding);
            return await _app.SendAsync(HttpMethod.Post, "/flow/consume", token.Full, content);
        }
    }

    [Fact]
    public async Task A_body_that_stalls_is_408_and_takes_nothing()
    {
        var token = await _app.CreateTokenAsync();
        var answer = await RawHttp.SendAsync(_app.Client.BaseAddress!, Encoding.ASCII.GetBytes(
            $"POST /flow/consume HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {token.Full}\r\nContent-Length: 10\r\n\r\n{{"));
        Envelope.Refused(answer!.Parse(), 408, "RequestTimeout");
        await AppLedger.AssertUntouchedAsync(_app, token);
    }

    [Theory]
    [InlineData("post /flow/consume HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {token}\r\nContent-Length: 0\r\n\r\n", "method")]
    [InlineData("POST /flow/consume HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {token}\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n", "Content-Length")]
    [InlineData("POST /flow/consume HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {token}\r\nTransfer-Encoding: chunked\r\nContent-Length: 9\r\n\r\n2\r\n{}\r\n0\r\n\r\n", "Content-Length")]
    [InlineData("POST /flow/consume HTTP/1.1\nHost: a\nAuthorization: Bearer {token}\nContent-Length: 0\n\n", null)]
    [InlineData("POST /flow/consume HTTP/1.1\r\nHost: a\nAuthorization: Bearer {token}\r\nContent-Length: 0\r\n\r\n", null)]
    [InlineData("POST /flow/consume HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {token}\r\nTransfer-Encoding: identity\r\n\r\n", null)]
    [InlineData("POST /flow/consume HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {token}\r\nContent-Length : 0\r\n\r\n", null)]
    public async Task What_a_proxy_could_read_as_another_request_is_400_and_takes_nothing(string wire, string? field)
    {
        var token = await _app.CreateTokenAsync();
        var answer = await RawHttp.SendAsync(_app.Client.BaseAddress!, Encoding.ASCII.GetBytes(wire.Replace("{token}", token.Full, StringComparison.Ordinal)), goesAway: field is null);
        if (field is not null)
            Envelope.Invalid(answer!.Parse(), field);
        else
            Assert.True(answer is null or { Status: 400 }, $"{answer?.Status}: {answer?.Text}");
        await AppLedger.AssertUntouchedAsync(_app, token);
    }

    [Fact]
    public async Task Pages_of_allowed_origins_may_call_and_others_may_not()
    {
        await using var world = TestWorld.Embedded();
        var app = await ContractApp.StartAsync(world, ("ALLOWED_ORIGINS", "https://app.example.com, http://localhost:5173"));
        foreach (var (origin, isAllowed) in new[]
        {
            ("https://app.example.com", true), ("http://localhost:5173", true), ("https://evil.example.com", false),
            ("https://app.example.com.evil.com", false), ("null", false), ("http://app.example.com", false),
        })
        {
            var preflight = await SendAsync(app, HttpMethod.Options, origin, ("Access-Control-Request-Method", "POST"), ("Access-Control-Request-Headers", "authorization"));
            Assert.Equal(isAllowed ? 204 : 405, (int)preflight.StatusCode);
            Assert.Equal(isAllowed, preflight.Headers.TryGetValues("Access-Control-Allow-Methods", out _));
            var answer = await SendAsync(app, HttpMethod.Post, origin);
            Assert.Equal(401, (int)answer.StatusCode);
            foreach (var one in new[] { preflight, answer })
            {
                Assert.Equal(isAllowed ? [origin] : [], one.Headers.TryGetValues("Access-Control-Allow-Origin", out var values) ? values : []);
                Assert.Contains("Origin", one.Headers.Vary);
                Assert.NotEmpty(one.Headers.GetValues("X-Request-ID"));
            }
        }

        var off = await SendAsync(_app, HttpMethod.Options, "https://app.example.com", ("Access-Control-Request-Method", "POST"));
        Assert.Equal((405, false), ((int)off.StatusCode, off.Headers.Contains("Access-Control-Allow-Origin")));

        static async Task<HttpResponseMessage> SendAsync(TestApp app, HttpMethod method, string origin, params (string Name, string Value)[] headers)
        {
            using var request = new HttpRequestMessage(method, "/flow/consume");
            request.Headers.TryAddWithoutValidation("Origin", origin);
            foreach (var (name, value) in headers)
                request.Headers.TryAddWithoutValidation(name, value);
            return await app.Client.SendAsync(request);
        }
    }

    private static byte[] Gzip(byte[] bytes)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
            gzip.Write(bytes);
        return packed.ToArray();
    }
}
