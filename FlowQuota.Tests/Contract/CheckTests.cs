using System.Globalization;
using FlowQuota.Tests.Apps;
using Xunit;

namespace FlowQuota.Tests.Contract;

/// <summary>Protects POST /flow/check: it reports what an admission would decide, and takes nothing.</summary>
[Collection(ContractTests.Name)]
public sealed class CheckTests(EmbeddedContractApp shared)
{
    private readonly TestApp _app = shared.App;

    [Theory]
    [InlineData("", true, 10)]
    [InlineData("{}", true, 10)]
    [InlineData("""{"cost":0}""", true, 10)]
    [InlineData("""{"cost":10}""", true, 10)]
    [InlineData("""{"cost":11}""", false, 10)]
    [InlineData("""{"cost":1000000}""", false, 10)]
    public async Task It_reports_what_a_cost_would_meet_and_takes_nothing(string body, bool isAllowed, int left)
    {
        var token = await _app.CreateTokenAsync();

        var answer = await SendAsync(token, body);

        string reason = isAllowed ? "null" : "\"QuotaExceeded\"";
        Assert.Equal($$"""{"allowed":{{(isAllowed ? "true" : "false")}},"reason":{{reason}},"remaining_quota":{{left}},"retry_after":null}""", Envelope.Data(answer).GetRawText());
        Assert.Equal("\"quota\";r=10", Envelope.Header(answer, "RateLimit"));
        await AppLedger.AssertUntouchedAsync(_app, token);
    }

    [Fact]
    public async Task It_agrees_with_consume_whatever_is_spent()
    {
        foreach (string fields in new[] { """{"total_quota":3}""", """{"rate_limit_per_minute":2}""", """{"total_quota":2,"rate_limit_per_minute":2}""", """{"total_quota":1,"rate_limit_burst":1}""" })
        {
            var token = await _app.CreateTokenAsync(TokenBody.With(fields));
            for (int i = 0; i < 5; i++)
            {
                var check = Envelope.Data(await SendAsync(token, """{"cost":2}"""));
                var consumed = await _app.ConsumeAsync(token, 2);

                Assert.Equal(consumed.Status == 200, check.GetProperty("allowed").GetBoolean());
                Assert.Equal(consumed.ErrorType, check.GetProperty("reason").GetString());
                string? retryAfter = Envelope.Header(consumed, "Retry-After");
                Assert.Equal(retryAfter is null, AppLedger.Figure(check.GetProperty("retry_after")) is null);
                // The seconds between the two answers count.
                if (retryAfter is not null)
                    Assert.InRange(AppLedger.Figure(check.GetProperty("retry_after"))!.Value - int.Parse(retryAfter, CultureInfo.InvariantCulture), 0, 20);
                if (consumed.Status != 200)
                    break;
            }
        }
    }

    [Fact]
    public async Task A_time_token_may_always()
    {
        var token = await _app.CreateTokenAsync(TokenBody.Time());
        Assert.Equal("""{"allowed":true,"reason":null,"remaining_quota":null,"retry_after":null}""",
            Envelope.Data(await SendAsync(token, """{"cost":1000000}""")).GetRawText());
    }

    [Theory]
    [InlineData("""{"cost":-1}""", "cost")]
    [InlineData("""{"cost":1000001}""", "cost")]
    [InlineData("""{"meter":"x"}""", "meter")]
    public async Task A_wrong_field_is_named(string body, string named) =>
        Envelope.Invalid(await SendAsync(await _app.CreateTokenAsync(), body), named);

    [Fact]
    public async Task Without_a_good_token_it_is_401() =>
        Envelope.Refused(await _app.SendAsync(HttpMethod.Post, "/flow/check", "flow_x", "{}"), 401, "AuthenticationError");

    private Task<TestAnswer> SendAsync(TestToken token, string body) => _app.SendAsync(HttpMethod.Post, "/flow/check", token.Full, body);
}
