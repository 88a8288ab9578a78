using System.Diagnostics.Metrics;
using FlowQuota.Telemetry;
using FlowQuota.Tests.Apps;
using FlowQuota.Tests.Servers;
using FlowQuota.Tokens;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace FlowQuota.Tests.Contract;

/// <summary>Protects the responses to gateways while Redis is unavailable: a refusal, or an unmetered pass that is counted.</summary>
public sealed class AuthorizeAwayTests
{
    [ServerFact(Redis = true)]
    public async Task A_call_that_cannot_be_decided_is_refused_or_passes_as_the_gateway_asks()
    {
        await using var redis = await OwnRedis.StartForgetfulAsync();
        await using var world = TestWorld.Embedded();
        var app = await world.StartAppAsync(("REDIS_CONNECTION", redis.Connection), ("REDIS_TIMEOUT_MS", "500"));
        var token = await app.CreateTokenAsync();
        string strange = app.Services.GetRequiredService<TokenCodec>().Mint().FullToken;
        long passed = 0;
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, self) =>
            {
                if (instrument is { Meter.Name: FlowQuotaMetrics.Name, Name: "flowquota.unmetered" })
                    self.EnableMeasurementEvents(instrument);
            },
        };
        listener.SetMeasurementEventCallback<long>((_, value, _, _) => Interlocked.Add(ref passed, value));
        listener.Start();
        await redis.KillAsync();
        try
        {
            await AssertAsync();
        }
        finally
        {
            await redis.StartAgainAsync();
        }

        async Task AssertAsync()
        {
            foreach (string dedupe in new[] { "", "&dedupe=request_id" })
            {
                AssertRefused(await SendAsync($"?unavailable=deny{dedupe}"), 503);
                AssertRefused(await SendAsync($"?deny=403{dedupe}"), 403);
                foreach (string method in new[] { "GET", "HEAD" })
                {
                    var pass = await SendAsync($"?unavailable=allow&deny=403{dedupe}", method);
                    Assert.Equal((200, "", "1", token.Id), (pass.Status, pass.Text, pass.Header("X-FlowQuota-Unmetered"), pass.Header("X-FlowQuota-Token-Id")));
                    Assert.All(new[] { "X-FlowQuota-Remaining", "X-FlowQuota-Workspace", "X-FlowQuota-Status", "RateLimit" }, name => Assert.Null(pass.Header(name)));
                }
            }

            Assert.True(Interlocked.Read(ref passed) >= 4);
            // Requests that need no store are decided all the same.
            Assert.Equal(401, (await AuthorizeTests.SendAsync(app.Client, "/flow/authorize?unavailable=allow", strange[..^10])).Status);
            Assert.Equal(400, (await SendAsync("?unavailable=allow&cost=x")).Status);
        }

        Task<GatewayAnswer> SendAsync(string query, string method = "GET") =>
            AuthorizeTests.SendAsync(app.Client, "/flow/authorize" + query, token.Full, method);
    }

    private static void AssertRefused(GatewayAnswer answer, int status)
    {
        Assert.Equal((status, "503", "1", "ServiceUnavailable"), (answer.Status, answer.Header("X-FlowQuota-Status"), answer.Header("Retry-After"), answer.ErrorType));
        Assert.Null(answer.Header("X-FlowQuota-Unmetered"));
    }
}
