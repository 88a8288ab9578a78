using System.Net;
using System.Net.Sockets;
using FlowQuota.Client;
using FlowQuota.Client.Middleware;
using FlowQuota.Tests.Apps;
using FlowQuota.Tests.Contract;
using FlowQuota.Tests.Servers;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace FlowQuota.Tests.Client;

/// <summary>
/// Protects an API that has the middleware in front: nobody is served without a unit, no unit is taken twice, and nobody can
/// pretend to be another.
/// </summary>
[Collection(ContractTests.Name)]
public sealed class MiddlewareTests(EmbeddedContractApp shared)
{
    private static readonly string[] Forged =
        ["X-FlowQuota-Token-Id", "x-flowquota-workspace", "X-FlowQuota-Remaining", "X-FLOWQUOTA-REQUEST-ID", "X-FlowQuota-Unmetered", "X-FlowQuota-Status", "X_FlowQuota_Token_Id", "X-FlowQuota"];

    private readonly TestApp _app = shared.App;

    private Uri FlowQuota => _app.Client.BaseAddress!;

    [Fact]
    public async Task A_request_that_passes_is_charged_and_both_sides_know_what_is_left()
    {
        var token = await _app.CreateTokenAsync(TokenBody.With("""{"ws_id":"ä b%","rate_limit_per_minute":60}"""));
        await using var api = await StartAsync(Costing(3));

        var answer = await api.SendAsync(token.Full, headers: ("X-Request-ID", "of-the-client"));

        Assert.Equal((200, "reached"), (answer.Status, answer.Text));
        Assert.Equal(("\"permin\";q=60;w=60, \"quota\";q=10", "59"), (answer.Header("RateLimit-Policy"), answer.Header("X-RateLimit-Remaining")));
        Assert.EndsWith("\"quota\";r=7", answer.Header("RateLimit"), StringComparison.Ordinal);
        var reached = Assert.Single(api.Reached);
        var row = await AppLedger.LastRowAsync(_app, token);
        Assert.Equal((10, 7, -3, "consume"), AppLedger.Figures(row));
        Assert.Equal(new MeteredRequest(token.Id, "ä b%", 7, row.GetProperty("request_id").GetString()!, IsUnmetered: false), reached.Metered);
        Assert.NotEqual("of-the-client", reached.Metered!.RequestId);
        Assert.Equal(
            [("X-FlowQuota-Remaining", "7"), ("X-FlowQuota-Request-Id", reached.Metered.RequestId), ("X-FlowQuota-Token-Id", token.Id), ("X-FlowQuota-Workspace", "%C3%A4%20b%25")],
            reached.Headers.OrderBy(header => header.Key).Select(header => (header.Key, header.Value)));
    }

    [Fact]
    public async Task Each_request_has_its_own_cost_and_0_takes_nothing()
    {
        var token = await _app.CreateTokenAsync();
        await using var api = await MeteredApp.StartAsync(FlowQuota, app => app.UseFlowQuota(context => int.Parse(context.Request.Query["cost"]!)));

        foreach (string cost in new[] { "4", "0", "6" })
            Assert.Equal(200, (await api.SendAsync(token.Full, $"/?cost={cost}")).Status);
        Assert.Equal((429, "QuotaExceeded"), Refusal(await api.SendAsync(token.Full, "/?cost=1")));
        Assert.Equal(200, (await api.SendAsync(token.Full, "/?cost=0")).Status);
        Assert.Equal(401, (await api.SendAsync(null, "/?cost=0")).Status);

        foreach (string wrong in new[] { "-1", "1000001" })
            Assert.Equal(500, (await api.SendAsync(token.Full, $"/?cost={wrong}")).Status);
        Assert.Equal((0, 10, 10), await AppLedger.QuotaAsync(_app, token));
        Assert.Equal(4, api.Reached.Count);
    }

    [Fact]
    public async Task Who_presents_no_good_token_is_401_and_gets_no_further()
    {
        var token = await _app.CreateTokenAsync();
        await using var api = await StartAsync(Costing(1));

        foreach (string? presented in new[] { null, "", "x", token.Full[..^1], TestApp.AdminToken, new string('x', 2000), "flow_a b" })
        {
            var answer = await api.SendAsync(presented);
            Assert.Equal((401, "AuthenticationError"), Refusal(answer));
            Assert.Equal(("Bearer", "no-store"), (answer.Header("WWW-Authenticate"), answer.Header("Cache-Control")));
            Assert.NotNull(answer.Header("X-Request-ID"));
        }

        Assert.Equal((401, ""), ((await api.SendAsync(null, method: "HEAD")).Status, (await api.SendAsync(null, method: "HEAD")).Text));
        Assert.Empty(api.Reached);
        Assert.Equal(200, (await api.SendAsync(null, headers: ("accessToken", token.Full))).Status);
        Assert.Equal(200, (await api.SendAsync(null, headers: ("access-token", token.Full))).Status);
        await using var other = await StartAsync(new FlowQuotaMiddlewareOptions { AccessToken = context => context.Request.Headers["X-Api-Key"], Retry = MeteredApp.Patient() });
        Assert.Equal(200, (await other.SendAsync(null, headers: ("X-Api-Key", token.Full))).Status);
        Assert.Equal(401, (await other.SendAsync(token.Full)).Status);
        Assert.Equal(7, await AppLedger.RemainingAsync(_app, token));
    }

    [Fact]
    public async Task A_limit_refuses_with_its_own_headers()
    {
        var limited = await _app.CreateTokenAsync(TokenBody.With("""{"rate_limit_per_minute":1,"rate_limit_window_seconds":3600}"""));
        var spent = await _app.CreateTokenAsync(TokenBody.With("""{"total_quota":1}"""));
        await using var api = await StartAsync(Costing(1));
        await api.SendAsync(limited.Full);
        await api.SendAsync(spent.Full);

        var rate = await api.SendAsync(limited.Full);
        Assert.Equal((429, "TokenRateLimitError"), Refusal(rate));
        Assert.InRange(int.Parse(rate.Header("Retry-After")!), 3000, 3600);
        Assert.Equal(("0", "application/json; charset=utf-8"), (rate.Header("X-RateLimit-Remaining"), rate.Header("Content-Type")));
        var quota = await api.SendAsync(spent.Full);
        Assert.Equal((429, "QuotaExceeded"), Refusal(quota));
        Assert.Equal((null, "\"quota\";r=0"), (quota.Header("Retry-After"), quota.Header("RateLimit")));
        Assert.DoesNotContain(quota.Headers.Keys, name => name.StartsWith("X-FlowQuota", StringComparison.OrdinalIgnoreCase));
        Assert.Equal(2, api.Reached.Count);
    }

    [Fact]
    public async Task Of_1000_requests_at_once_as_many_pass_as_the_quota_has()
    {
        var token = await _app.CreateTokenAsync(TokenBody.With("""{"total_quota":100}"""));
        await using var api = await StartAsync(Costing(1));

        var answers = await Task.WhenAll(Enumerable.Range(0, 1000).Select(_ => api.SendAsync(token.Full)));

        Assert.Equal([(200, 100), (429, 900)], answers.CountBy(answer => answer.Status).Select(count => (count.Key, count.Value)).Order());
        Assert.Equal(100, api.Reached.Count);
        Assert.Equal(Enumerable.Range(0, 100), api.Reached.Select(reached => reached.Metered!.RemainingQuota!.Value).Order());
        Assert.Equal(101, (await AppLedger.RowsAsync(_app, token)).Count);
    }

    [Fact]
    public async Task A_request_whose_question_is_repeated_is_charged_once()
    {
        var token = await _app.CreateTokenAsync();
        await using var proxy = new TcpProxy(FlowQuota.Port);
        int lost = 2;
        proxy.CutsReply = () => Interlocked.Decrement(ref lost) >= 0;
        await using var api = await MeteredApp.StartAsync(new Uri($"http://127.0.0.1:{proxy.Port}"), app => app.UseFlowQuota(Costing(2)));

        Assert.Equal(200, (await api.SendAsync(token.Full, headers: ("X-Request-ID", "same"))).Status);
        // A client cannot choose the id of the question, so it cannot repeat one for free.
        Assert.Equal(200, (await api.SendAsync(token.Full, headers: ("X-Request-ID", "same"))).Status);

        Assert.True(lost <= 0);
        Assert.Equal([10, -2, -2], (await AppLedger.RowsAsync(_app, token)).Select(row => row.GetProperty("quota_change").GetInt32()));
    }

    [Fact]
    public async Task A_page_of_errors_is_not_charged_again()
    {
        var token = await _app.CreateTokenAsync();
        await using var api = await MeteredApp.StartAsync(FlowQuota, app => app.UseExceptionHandler("/error").UseFlowQuota(Costing(1)));

        var answer = await api.SendAsync(token.Full, "/fails");

        Assert.Equal((500, "reached"), (answer.Status, answer.Text));
        Assert.Equal(["/fails", "/error"], api.Reached.Select(reached => reached.Path));
        Assert.Equal(9, await AppLedger.RemainingAsync(_app, token));
    }

    [Fact]
    public async Task What_a_client_says_in_FlowQuota_s_name_does_not_reach_the_API()
    {
        var token = await _app.CreateTokenAsync(TokenBody.Time());
        await using var api = await StartAsync(Costing(1));
        await using var passing = await MeteredApp.StartAsync(Nobody(), app => app.UseFlowQuota(Hasty(UnavailableRule.Allow)));
        (string, string)[] forged = [.. Forged.Select(name => (name, "forged"))];

        Assert.Equal(200, (await api.SendAsync(token.Full, headers: forged)).Status);
        Assert.Equal(200, (await passing.SendAsync(token.Full, headers: forged)).Status);

        foreach (var reached in api.Reached.Concat(passing.Reached))
            Assert.DoesNotContain("forged", reached.Headers.Values);
        Assert.Equal(token.Id, Assert.Single(api.Reached).Headers["X-FlowQuota-Token-Id"]);
        Assert.Equal(["X-FlowQuota-Request-Id", "X-FlowQuota-Unmetered"], Assert.Single(passing.Reached).Headers.Keys.Order());
    }

    [Fact]
    public async Task While_FlowQuota_is_away_requests_are_503_or_pass_unmetered_as_configured()
    {
        var token = await _app.CreateTokenAsync();
        // Nobody listens there; and a server that is not FlowQuota, which answers 200, 401 or 404 to whatever it is asked.
        await using var other = await OtherServer.StartAsync();
        foreach (var away in new[] { Nobody(), other.Address("200"), other.Address("401"), other.Address("404"), other.Address("429") })
        {
            await using var denying = await MeteredApp.StartAsync(away, app => app.UseFlowQuota(Hasty(UnavailableRule.Deny)));
            await using var passing = await MeteredApp.StartAsync(away, app => app.UseFlowQuota(Hasty(UnavailableRule.Allow)));

            var denied = await denying.SendAsync(token.Full);
            Assert.Equal((503, "ServiceUnavailable"), Refusal(denied));
            Assert.Equal("1", denied.Header("Retry-After"));
            Assert.Empty(denying.Reached);
            Assert.Equal(200, (await passing.SendAsync(token.Full)).Status);
            Assert.Equal((true, null), (passing.Reached[0].Metered!.IsUnmetered, passing.Reached[0].Metered!.TokenId));
            Assert.Equal(401, (await passing.SendAsync(null)).Status);
            foreach (var log in new[] { denying.Log, passing.Log })
            {
                Assert.Single(log.Lines, line => line.Contains("could not decide", StringComparison.Ordinal));
                Assert.DoesNotContain(log.Lines, line => line.Contains(token.Full, StringComparison.Ordinal));
            }
        }

        await AppLedger.AssertUntouchedAsync(_app, token);
    }

    [Fact]
    public async Task A_slow_FlowQuota_is_given_up_in_time()
    {
        var token = await _app.CreateTokenAsync();
        await using var proxy = new TcpProxy(FlowQuota.Port) { LosesReplies = true };
        var options = new FlowQuotaMiddlewareOptions { Retry = new FlowQuotaRetryOptions { MaxRetries = 1, TryTimeout = TimeSpan.FromMilliseconds(200), TotalTimeout = TimeSpan.FromSeconds(5) } };
        await using var api = await MeteredApp.StartAsync(new Uri($"http://127.0.0.1:{proxy.Port}"), app => app.UseFlowQuota(options));

        Assert.Equal((503, "ServiceUnavailable"), Refusal(await api.SendAsync(token.Full)));
        Assert.Empty(api.Reached);
        // It was asked twice, under one id.
        await Eventually.TrueAsync(async () => await AppLedger.RemainingAsync(_app, token) == 9);
    }

    [Fact]
    public void Without_its_services_or_an_address_the_application_does_not_start()
    {
        var bare = WebApplication.CreateSlimBuilder().Build();
        Assert.Contains("AddFlowQuota", Assert.Throws<InvalidOperationException>(() => bare.UseFlowQuota()).Message, StringComparison.Ordinal);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Services.AddFlowQuota();
        Assert.Contains("BaseAddress", Assert.Throws<ArgumentException>(() => builder.Build().UseFlowQuota()).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => bare.UseFlowQuota(-1));
        Assert.Throws<ArgumentNullException>(() => bare.UseFlowQuota((FlowQuotaMiddlewareOptions)null!));
    }

    private static (int, string?) Refusal(GatewayAnswer answer) => (answer.Status, answer.ErrorType);

    private static FlowQuotaMiddlewareOptions Costing(int cost) => new() { Cost = _ => cost, Retry = MeteredApp.Patient() };

    private static FlowQuotaMiddlewareOptions Hasty(UnavailableRule rule) =>
        new() { WhenUnavailable = rule, Retry = new FlowQuotaRetryOptions { MaxRetries = 1, BaseDelay = TimeSpan.FromMilliseconds(1) } };

    private static Uri Nobody()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return new Uri($"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}");
    }

    private Task<MeteredApp> StartAsync(FlowQuotaMiddlewareOptions options) => MeteredApp.StartAsync(FlowQuota, app => app.UseFlowQuota(options));
}
