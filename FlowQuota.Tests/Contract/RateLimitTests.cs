using System.Globalization;
using FlowQuota.Tests.Apps;
using Xunit;

namespace FlowQuota.Tests.Contract;

/// <summary>Protects the rate limits: window and burst, Retry-After, and that a refusal takes nothing.</summary>
[Collection(ContractTests.Name)]
public sealed class RateLimitTests(EmbeddedContractApp shared)
{
    private readonly TestApp _app = shared.App;

    [Fact]
    public async Task A_window_admits_its_limit_and_then_says_when_to_come_back()
    {
        var token = await _app.CreateTokenAsync(TokenBody.With("""{"rate_limit_per_minute":3,"rate_limit_window_seconds":3600}"""));
        for (int left = 2; left >= 0; left--)
        {
            var good = await _app.ExecuteAsync(token, "return 1");
            Assert.Equal(200, good.Status);
            Assert.Equal($"{left}", Envelope.Header(good, "X-RateLimit-Remaining"));
        }

        foreach (var refused in new[] { await _app.ExecuteAsync(token, "return 1"), await _app.ConsumeAsync(token) })
        {
            Envelope.Refused(refused, 429, "TokenRateLimitError");
            Assert.InRange(RetryAfter(refused), 1000, 7200);
            Assert.Equal("\"permin\";q=3;w=3600, \"quota\";q=10", Envelope.Header(refused, "RateLimit-Policy"));
            Assert.Matches("^\"permin\";r=0;t=[0-9]+, \"quota\";r=7$", Envelope.Header(refused, "RateLimit"));
            Assert.Equal("0", Envelope.Header(refused, "X-RateLimit-Remaining"));
        }

        Assert.Equal(7, await Ledger.RemainingAsync(_app, token));
        Assert.Equal(4, (await Ledger.RowsAsync(_app, token)).Count);
    }

    [Fact]
    public async Task A_burst_admits_no_more_than_its_limit_at_once_and_admits_again_after_Retry_After()
    {
        var token = await _app.CreateTokenAsync(TokenBody.With("""{"total_quota":1000,"rate_limit_burst":2}"""));
        var answers = await Task.WhenAll(Enumerable.Range(0, 40).Select(_ => _app.ConsumeAsync(token)));
        var refused = answers.First(answer => answer.Status == 429);
        Envelope.Refused(refused, 429, "TokenRateLimitError");
        Assert.InRange(RetryAfter(refused), 1, 2);
        int admitted = answers.Count(answer => answer.Status == 200);
        Assert.InRange(admitted, 2, 39);
        Assert.Equal(1000 - admitted, await Ledger.RemainingAsync(_app, token));

        await Eventually.TrueAsync(async () => (await _app.ConsumeAsync(token)).Status == 200, 10);
    }

    [Fact]
    public async Task A_short_window_opens_again_after_Retry_After()
    {
        var token = await _app.CreateTokenAsync(TokenBody.With("""{"rate_limit_per_minute":1,"rate_limit_window_seconds":1}"""));
        Envelope.Data(await _app.ConsumeAsync(token));
        await Eventually.TrueAsync(async () => (await _app.ConsumeAsync(token)).Status == 200, 10);
    }

    [Fact]
    public async Task The_rate_limit_is_asked_before_the_quota()
    {
        var token = await _app.CreateTokenAsync(
            TokenBody.With("""{"total_quota":1,"rate_limit_per_minute":1,"rate_limit_window_seconds":3600}"""));
        Envelope.Data(await _app.ConsumeAsync(token));
        Envelope.Refused(await _app.ConsumeAsync(token), 429, "TokenRateLimitError");
    }

    private static int RetryAfter(TestAnswer answer) => int.Parse(Envelope.Header(answer, "Retry-After")!, CultureInfo.InvariantCulture);
}
