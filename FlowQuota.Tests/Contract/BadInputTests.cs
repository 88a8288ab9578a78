using System.Net.Http.Headers;
using System.Text;
using FlowQuota.Tests.Apps;
using Xunit;

namespace FlowQuota.Tests.Contract;

/// <summary>Invalid HTTP or JSON gets a clear 4xx on every endpoint with a body, and consumes nothing.</summary>
[Collection(ContractTests.Name)]
public sealed class BadInputTests(EmbeddedContractApp shared)
{
    private readonly TestApp _app = shared.App;

    public static TheoryData<string, string> BrokenBodies => new()
    {
        { "cut", "{" },
        { "cut in a text", "{\"ws_id\":\"a" },
        { "array", "[]" },
        { "array of good ones", "[{\"cost\":1}]" },
        { "number", "5" },
        { "null", "null" },
        { "text", "\"cost\"" },
        { "two objects", "{}{}" },
        { "trailing comma", "{\"cost\":1,}" },
        { "comment", "{/* one */\"cost\":1}" },
        { "single quotes", "{'cost':1}" },
        { "no quotes", "{cost:1}" },
        { "NaN", "{\"cost\":NaN}" },
        { "leading zero", "{\"cost\":01}" },
        { "twice the same name", "{\"cost\":1,\"cost\":1}" },
        { "twice the same name, escaped", "{\"cost\":1,\"c\\u006fst\":1}" },
        { "form", "cost=1" },
        { "zeroes", "\0\0\0\0" },
        { "deep arrays", "{\"input\":" + new string('[', 1000) + new string(']', 1000) + "}" },
        { "deep objects", string.Concat(Enumerable.Repeat("{\"input\":", 200)) + "1" + new string('}', 200) },
        { "deep and cut", new string('[', 3000) },
        { "lone surrogate as a name", "{\"\\ud800\":1}" },
        { "lone surrogates as one name twice", "{\"\\ud800\":1,\"\\ud800\":2}" },
        { "lone surrogate as a word", "{\"operation\":\"\\udc00\",\"code_base64\":\"\\ud800\",\"cost\":\"\\ud800\"}" },
    };

    [Theory]
    [MemberData(nameof(BrokenBodies))]
    public async Task A_body_that_is_no_good_JSON_object_is_400_on_every_endpoint(string what, string body)
    {
        Assert.NotEmpty(what);
        await AssertRefusedEverywhereAsync(() => new StringContent(body, Encoding.UTF8, "application/json"), 400, "ValidationError");
    }

    [Theory]
    [InlineData("7b22636f7374223a2280227d")]
    [InlineData("7b2280223a317d")]
    [InlineData("7b22696e707574223a22c3227d")]
    [InlineData("fffe7b007d00")]
    [InlineData("1f8b0800000000000003")]
    public async Task Bytes_that_are_not_UTF8_are_400_on_every_endpoint(string hex) =>
        await AssertRefusedEverywhereAsync(() => new ByteArrayContent(Convert.FromHexString(hex)) { Headers = { ContentType = new("application/json") } },
            400, "ValidationError");

    [Fact]
    public async Task Bytes_that_are_not_UTF8_within_good_code_and_input_are_400_and_consume_nothing()
    {
        var token = await _app.CreateTokenAsync();
        byte[] body = [.. "{\"code_base64\":\"cmV0dXJuIGlucHV0\",\"input\":\""u8, 0xff, 0xfe, .. "\"}"u8];
        using var content = new ByteArrayContent(body) { Headers = { ContentType = new("application/json") } };
        Envelope.Invalid(await _app.SendAsync(HttpMethod.Post, "/flow/execute", token.Full, content), "body");
        await AppLedger.AssertUntouchedAsync(_app, token);
    }

    [Fact]
    public async Task A_lone_surrogate_in_the_input_is_a_character_like_another_and_the_answer_stays_JSON()
    {
        var token = await _app.CreateTokenAsync();
        var answer = await _app.SendAsync(HttpMethod.Post, "/flow/execute", token.Full, """{"code_base64":"cmV0dXJuIGlucHV0","input":"\ud800"}""");
        Assert.Equal(200, answer.Status);
        Assert.Equal("\"\\ud800\"", answer.Body.GetProperty("result").GetRawText());
    }

    [Fact]
    public async Task A_lone_surrogate_in_a_field_is_400_and_names_it()
    {
        foreach (string field in new[] { "operation", "quota_type", "ws_id", "email", "specific_date", "days" })
        {
            string body = TokenBody.With($$"""{"{{field}}":"SURROGATE"}""").Replace("SURROGATE", "\\ud800", StringComparison.Ordinal);
            Envelope.Invalid(await _app.AdminAsync(HttpMethod.Post, "/flow/tokens", body), field);
        }
    }

    [Fact]
    public async Task An_empty_body_is_400_where_one_is_needed()
    {
        var token = await _app.CreateTokenAsync();
        Envelope.Invalid(await _app.AdminAsync(HttpMethod.Post, "/flow/tokens", ""), "body");
        Envelope.Invalid(await _app.AdminAsync(HttpMethod.Put, $"/flow/tokens/{token.Id}", ""), "body");
        Envelope.Invalid(await _app.SendAsync(HttpMethod.Post, "/flow/execute", token.Full, ""), "body");
        Envelope.Invalid(await _app.SendAsync(HttpMethod.Post, "/flow/execute", token.Full), "body");
        await AppLedger.AssertUntouchedAsync(_app, token);
    }

    [Theory]
    [InlineData("text/plain")]
    [InlineData("application/x-www-form-urlencoded")]
    [InlineData("multipart/form-data; boundary=x")]
    [InlineData("application/xml")]
    [InlineData("application/octet-stream")]
    [InlineData("json")]
    public async Task Another_content_type_is_415_on_every_endpoint(string type) =>
        await AssertRefusedEverywhereAsync(() =>
        {
            var content = new ByteArrayContent("{}"u8.ToArray());
            content.Headers.TryAddWithoutValidation("Content-Type", type);
            return content;
        }, 415, "UnsupportedMediaType");

    [Theory]
    [InlineData("application/json")]
    [InlineData("application/json; charset=utf-8")]
    [InlineData("Application/JSON")]
    [InlineData("application/problem+json")]
    [InlineData("")]
    public async Task JSON_by_its_names_and_no_name_at_all_are_read(string type)
    {
        var token = await _app.CreateTokenAsync();
        using var content = new ByteArrayContent("{\"cost\":2}"u8.ToArray());
        if (type.Length > 0)
            content.Headers.ContentType = MediaTypeHeaderValue.Parse(type);
        Envelope.Data(await _app.SendAsync(HttpMethod.Post, "/flow/consume", token.Full, content));
        Assert.Equal(8, await AppLedger.RemainingAsync(_app, token));
    }

    [Fact]
    public async Task An_oversized_body_is_413_on_every_endpoint() =>
        await AssertRefusedEverywhereAsync(() => new StringContent(new string(' ', (2 * 1024 * 1024) + 1), Encoding.UTF8, "application/json"),
            413, "PayloadTooLarge");

    [Fact]
    public async Task Huge_headers_are_400_and_consume_nothing()
    {
        var token = await _app.CreateTokenAsync();
        using var request = new HttpRequestMessage(HttpMethod.Post, "/flow/consume");
        request.Headers.Authorization = new("Bearer", token.Full);
        for (int i = 0; i < 20; i++)
            request.Headers.Add($"X-Filler-{i}", new string('x', 1000));
        Envelope.Invalid(await _app.SendAsync(request), "headers");
        await AppLedger.AssertUntouchedAsync(_app, token);
    }

    [Fact]
    public async Task A_huge_URL_is_400_and_consumes_nothing()
    {
        var token = await _app.CreateTokenAsync();
        Envelope.Invalid(await _app.SendAsync(HttpMethod.Post, $"/flow/consume?{new string('x', 9000)}", token.Full), "URL");
        Envelope.Invalid(await _app.AdminAsync(HttpMethod.Get, $"/flow/tokens/{new string('x', 9000)}/quota"), "URL");
        Envelope.Invalid(await _app.SendAsync(HttpMethod.Get, $"/{new string('x', 9000)}", null), "URL");
        await AppLedger.AssertUntouchedAsync(_app, token);
    }

    private async Task AssertRefusedEverywhereAsync(Func<HttpContent> body, int status, string type)
    {
        var token = await _app.CreateTokenAsync();
        foreach (var (method, path, credential) in new[]
        {
            (HttpMethod.Post, "/flow/tokens", TestApp.AdminToken),
            (HttpMethod.Put, $"/flow/tokens/{token.Id}", TestApp.AdminToken),
            (HttpMethod.Post, "/flow/execute", token.Full),
            (HttpMethod.Post, "/flow/codeblock", token.Full),
            (HttpMethod.Post, "/flow/consume", token.Full),
        })
        {
            using var content = body();
            Envelope.Refused(await _app.SendAsync(method, path, credential, content), status, type);
        }

        await AppLedger.AssertUntouchedAsync(_app, token);
    }
}
