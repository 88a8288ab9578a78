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
            Assert.InRange(RetryAfter(refused), 3000, 3600);
            Assert.Contains($"r=0;t={RetryAfter(refused)},", Envelope.Header(refused, "RateLimit"));
            Assert.Equal("\"permin\";q=3;w=3600, \"quota\";q=10", Envelope.Header(refused, "RateLimit-Policy"));
            Assert.Matches("^\"permin\";r=0;t=[0-9]+, \"quota\";r=7$", Envelope.Header(refused, "RateLimit"));
            Assert.Equal("0", Envelope.Header(refused, "X-RateLimit-Remaining"));
        }

        Assert.Equal(7, await AppLedger.RemainingAsync(_app, token));
        Assert.Equal(4, (await AppLedger.RowsAsync(_app, token)).Count);
    }

    [Fact]
    public async Task A_burst_admits_no_more_than_its_limit_at_once_and_admits_again_after_Retry_After()
    {
        var token = await _app.CreateTokenAsync(TokenBody.With("""{"total_quota":1000,"rate_limit_burst":2}"""));
        var answers = await Task.WhenAll(Enumerable.Range(0, 40).Select(_ => _app.ConsumeAsync(token)));
        var refused = answers.First(answer => answer.Status == 429);
        Envelope.Refused(refused, 429, "TokenRateLimitError");
        Assert.Equal(1, RetryAfter(refused));
        Assert.Equal("\"burst\";q=2;w=1, \"quota\";q=1000", Envelope.Header(refused, "RateLimit-Policy"));
        Assert.Matches("^\"burst\";r=0;t=1, \"quota\";r=[0-9]+$", Envelope.Header(refused, "RateLimit"));
        Assert.Equal(("2", "0"), (Envelope.Header(refused, "X-RateLimit-Limit"), Envelope.Header(refused, "X-RateLimit-Remaining")));
        int admitted = answers.Count(answer => answer.Status == 200);
        Assert.InRange(admitted, 2, 39);
        Assert.Equal(1000 - admitted, await AppLedger.RemainingAsync(_app, token));

        await Eventually.TrueAsync(async () => (await _app.ConsumeAsync(token)).Status == 200, 10);
    }

    [Fact]
    public async Task Retry_After_and_the_reset_are_when_the_next_call_is_admitted()
    {
        var token = await _app.CreateTokenAsync(TokenBody.With("""{"rate_limit_per_minute":1,"rate_limit_window_seconds":2}"""));
        Envelope.Data(await _app.ConsumeAsync(token));
        var refused = await _app.ConsumeAsync(token);
        Envelope.Refused(refused, 429, "TokenRateLimitError");

        var reset = DateTimeOffset.FromUnixTimeSeconds(long.Parse(Envelope.Header(refused, "X-RateLimit-Reset")!, CultureInfo.InvariantCulture));
        Assert.InRange(reset - DateTimeOffset.UtcNow, TimeSpan.Zero, TimeSpan.FromSeconds(RetryAfter(refused) + 1));
        // A timer of .NET may fire a millisecond early.
        await Task.Delay(TimeSpan.FromSeconds(RetryAfter(refused)) + TimeSpan.FromMilliseconds(5));
        Envelope.Data(await _app.ConsumeAsync(token));
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
