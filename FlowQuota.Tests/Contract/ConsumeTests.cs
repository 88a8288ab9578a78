using System.Text.Json;
using FlowQuota.Tests.Apps;
using Xunit;

namespace FlowQuota.Tests.Contract;

/// <summary>Protects POST /flow/consume: its costs, its answer, and that a bad cost takes nothing.</summary>
[Collection(ContractTests.Name)]
public sealed class ConsumeTests(EmbeddedContractApp shared)
{
    private readonly TestApp _app = shared.App;

    [Theory]
    [InlineData("", 9)]
    [InlineData("{}", 9)]
    [InlineData("""{"cost":null}""", 9)]
    [InlineData("""{"cost":1}""", 9)]
    [InlineData("""{"cost":10}""", 0)]
    public async Task A_cost_is_taken_and_one_where_none_is_said(string body, int left)
    {
        var token = await _app.CreateTokenAsync();
        var answer = await SendAsync(token, body);
        Assert.Equal($$"""{"quota_type":"count","total_quota":10,"remaining_quota":{{left}}}""", Envelope.Data(answer).GetRawText());
        Assert.Equal("\"quota\";q=10", Envelope.Header(answer, "RateLimit-Policy"));
        Assert.Equal($"\"quota\";r={left}", Envelope.Header(answer, "RateLimit"));
        var row = await AppLedger.LastRowAsync(_app, token);
        Assert.Equal((10, left, left - 10, "consume"), AppLedger.Figures(row));
        Assert.Equal(JsonValueKind.Null, row.GetProperty("execution_success").ValueKind);
    }

    [Fact]
    public async Task No_body_at_all_and_no_content_type_cost_one()
    {
        var token = await _app.CreateTokenAsync();
        Envelope.Data(await _app.SendAsync(HttpMethod.Post, "/flow/consume", token.Full));
        Assert.Equal(9, await AppLedger.RemainingAsync(_app, token));
    }

    [Fact]
    public async Task A_million_is_the_most()
    {
        var token = await _app.CreateTokenAsync(TokenBody.With("""{"total_quota":1000000}"""));
        Envelope.Invalid(await SendAsync(token, """{"cost":1000001}"""), "cost");
        await AppLedger.AssertUntouchedAsync(_app, token, 1_000_000);
        Envelope.Data(await SendAsync(token, """{"cost":1000000}"""));
        Assert.Equal(0, await AppLedger.RemainingAsync(_app, token));
    }

    [Fact]
    public async Task A_time_token_is_metered_without_figures()
    {
        var token = await _app.CreateTokenAsync(TokenBody.Time());
        var answer = await SendAsync(token, """{"cost":1000000}""");
        Assert.Equal("""{"quota_type":"time","total_quota":null,"remaining_quota":null}""", Envelope.Data(answer).GetRawText());
        Assert.Equal((null, null, 0, "consume"), AppLedger.Figures(await AppLedger.LastRowAsync(_app, token)));
    }

    [Theory]
    [InlineData("""{"cost":0}""", "cost")]
    [InlineData("""{"cost":-1}""", "cost")]
    [InlineData("""{"cost":1.5}""", "cost")]
    [InlineData("""{"cost":"1"}""", "cost")]
    [InlineData("""{"cost":true}""", "cost")]
    [InlineData("""{"cost":[1]}""", "cost")]
    [InlineData("""{"cost":99999999999999999999999999}""", "cost")]
    [InlineData("""{"cost":1,"cost":2}""", "body")]
    [InlineData("""{"costs":1}""", "costs")]
    public async Task A_wrong_cost_is_named_and_takes_nothing(string body, string named)
    {
        var token = await _app.CreateTokenAsync();
        Envelope.Invalid(await SendAsync(token, body), named);
        await AppLedger.AssertUntouchedAsync(_app, token);
    }

    [Fact]
    public async Task A_cost_counts_as_one_call_for_the_rate_limit()
    {
        var token = await _app.CreateTokenAsync(TokenBody.With("""{"rate_limit_per_minute":2,"rate_limit_window_seconds":3600}"""));
        Assert.Equal("1", Envelope.Header(await SendAsync(token, """{"cost":5}"""), "X-RateLimit-Remaining"));
        Assert.Equal("0", Envelope.Header(await SendAsync(token, """{"cost":3}"""), "X-RateLimit-Remaining"));
        Envelope.Refused(await SendAsync(token, """{"cost":1}"""), 429, "TokenRateLimitError");
        Assert.Equal(2, await AppLedger.RemainingAsync(_app, token));
    }

    [Fact]
    public async Task A_body_above_4_KB_is_413()
    {
        var token = await _app.CreateTokenAsync();
        Envelope.Refused(await SendAsync(token, """{"cost":1}""".PadRight(5000)), 413, "PayloadTooLarge");
        await AppLedger.AssertUntouchedAsync(_app, token);
    }

    private Task<TestAnswer> SendAsync(TestToken token, string body) => _app.SendAsync(HttpMethod.Post, "/flow/consume", token.Full, body);
}
