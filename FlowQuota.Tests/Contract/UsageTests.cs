using System.Globalization;
using System.Text.Json;
using FlowQuota.Functions.Outbox;
using FlowQuota.Tests.Apps;
using FlowQuota.Usage;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace FlowQuota.Tests.Contract;

/// <summary>Protects GET /flow/usage: who used what and when, in the caller's zone, as JSON and CSV.</summary>
[Collection(ContractTests.Name)]
public sealed class UsageTests(EmbeddedContractApp shared)
{
    private readonly TestApp _app = shared.App;

    [Fact]
    public async Task A_report_has_every_field_of_the_contract_and_a_bucket_for_each_day()
    {
        var token = await UsedAsync(calls: 3, cost: 2);

        var data = await UsageAsync($"token={token.Id}");

        Assert.Equal(["granularity", "time_zone", "from", "to", "group_by", "complete_until", "buckets"], Envelope.Names(data));
        Assert.Equal(("day", ContractApp.TimeZone), (data.GetProperty("granularity").GetString(), data.GetProperty("time_zone").GetString()));
        var buckets = data.GetProperty("buckets").EnumerateArray().ToList();
        Assert.Equal(30, buckets.Count);
        Assert.Equal(
            ["starts_at", "ends_at", "starts_at_utc", "calls", "units", "failed", "refunded", "refused_quota", "refused_rate"], Envelope.Names(buckets[0]));
        string today = Times.Tell(DateTime.UtcNow)[..10];
        Assert.Contains(buckets.TakeLast(2), bucket => Figures(bucket) == (3, 6, 0, 0));
        Assert.Equal($"{today} 00:00:00", buckets[^1].GetProperty("starts_at").GetString());
        Assert.Equal(data.GetProperty("to").GetString(), buckets[^1].GetProperty("ends_at").GetString());
        Assert.Equal((0, 0, 0, 0), Figures(buckets[0]));
        Assert.True(string.CompareOrdinal(data.GetProperty("complete_until").GetString(), Times.Tell(DateTime.UtcNow)) <= 0);
    }

    [Theory]
    [InlineData("granularity=hour", 24)]
    [InlineData("granularity=month", 12)]
    [InlineData("granularity=total", 1)]
    [InlineData("granularity=hour&from=2026-10-25&to=2026-10-25&time_zone=Europe/Berlin", 25)]
    [InlineData("granularity=hour&from=2026-10-24&to=2026-10-24&time_zone=Asia/Kathmandu", 24)]
    [InlineData("granularity=day&from=2026-10-01&to=2026-10-31&time_zone=Europe/Berlin", 31)]
    [InlineData("granularity=month&from=2026-01-01&to=2026-12-31", 12)]
    [InlineData("granularity=day&from=2026-10-01%2006:15:00&to=2026-10-02%2000:00:00", 1)]
    public async Task There_is_a_bucket_for_each_hour_day_or_month(string query, int buckets) =>
        Assert.Equal(buckets, (await UsageAsync(query)).GetProperty("buckets").GetArrayLength());

    [Fact]
    public async Task Usage_is_told_apart_by_token_workspace_meter_and_action_and_filtered_by_them()
    {
        string workspace = $"ws-{Guid.NewGuid():N}";
        var (one, two) = (await UsedAsync(2, 1, workspace, "image"), await UsedAsync(1, 5, workspace));

        var byToken = await BucketsAsync($"granularity=total&ws_id={workspace}&group_by=token");
        Assert.Equal(new[] { (one.Id, 2L), (two.Id, 1L) }.Order(), byToken.Select(bucket => (bucket.GetProperty("token").GetString()!, Figures(bucket).Calls)).Order());
        var byMeter = await BucketsAsync($"granularity=total&ws_id={workspace}&group_by=ws_id,meter");
        Assert.Equal([(workspace, "", 5L), (workspace, "image", 2L)],
            byMeter.Select(bucket => (bucket.GetProperty("ws_id").GetString()!, bucket.GetProperty("meter").GetString()!, Figures(bucket).Units)).Order());
        var byAction = await BucketsAsync($"granularity=total&token={two.Id}&group_by=action");
        Assert.Equal([("consume", 1L, -5L), ("init", 1L, 10L)],
            byAction.Select(bucket => (bucket.GetProperty("action").GetString()!, bucket.GetProperty("changes").GetInt64(), bucket.GetProperty("quota_change").GetInt64())).Order());
        Assert.Equal((2, 2, 0, 0), Figures(Assert.Single(await BucketsAsync($"granularity=total&token={one.Full}&meter=image"))));
        Assert.Equal((0, 0, 0, 0), Figures(Assert.Single(await BucketsAsync($"granularity=total&token={one.Id}&meter=other"))));
    }

    [Fact]
    public async Task Usage_is_that_of_the_tokens_which_have_a_tag()
    {
        string tag = $"team:{Guid.NewGuid():N}";
        var (one, two) = (await UsedAsync(2, 3), await UsedAsync(1));
        foreach (var token in new[] { one, two })
            await _app.AdminAsync(HttpMethod.Put, $"/flow/tokens/{token.Id}", new { tags = new[] { tag, "paid" } });
        await _app.AdminAsync(HttpMethod.Put, $"/flow/tokens/{two.Id}", new { tags = new[] { "paid" } });

        Assert.Equal((2, 6, 0, 0), Figures(Assert.Single(await BucketsAsync($"granularity=total&tag={tag}"))));
        Assert.Equal([one.Id], (await BucketsAsync($"granularity=total&group_by=token&tag={tag}")).Select(bucket => bucket.GetProperty("token").GetString()));
        Assert.Equal((0, 0, 0, 0), Figures(Assert.Single(await BucketsAsync("granularity=total&tag=nobody:has:it"))));
        Envelope.Invalid(await _app.AdminAsync(HttpMethod.Get, "/flow/usage?tag=not%20a%20tag"), "tag");
        Envelope.Invalid(await _app.SendAsync(HttpMethod.Get, "/flow/usage?tag=paid", one.Full), "tag");
    }

    [Fact]
    public async Task Refused_calls_are_in_the_report_after_the_sweep()
    {
        var token = await UsedAsync(1, cost: 9);
        for (int i = 0; i < 3; i++)
            Envelope.Refused(await _app.ConsumeAsync(token, 2), 429, "QuotaExceeded");

        await ActivatorUtilities.CreateInstance<DrainFunctions>(_app.Services).SweepOutbox(new TimerInfo(), default);

        var total = Assert.Single(await BucketsAsync($"granularity=total&token={token.Id}"));
        Assert.Equal((1, 3), (total.GetProperty("calls").GetInt64(), total.GetProperty("refused_quota").GetInt64()));
        var byAction = await BucketsAsync($"granularity=total&token={token.Id}&group_by=action,meter");
        Assert.Equal([("consume", "", 0L), ("init", "", 0L), ("refused", "", 3L)],
            byAction.Select(bucket => (bucket.GetProperty("action").GetString()!, bucket.GetProperty("meter").GetString()!, bucket.GetProperty("refused_quota").GetInt64())).Order());
    }

    [Fact]
    public async Task A_tokens_holder_sees_its_own_usage_and_nothing_else()
    {
        var (token, other) = (await UsedAsync(2), await UsedAsync(1));

        var own = Envelope.Data(await _app.SendAsync(HttpMethod.Get, "/flow/usage?granularity=total&group_by=token", token.Full));

        Assert.Equal([token.Id], own.GetProperty("buckets").EnumerateArray().Select(bucket => bucket.GetProperty("token").GetString()));
        Envelope.Invalid(await _app.SendAsync(HttpMethod.Get, $"/flow/usage?token={other.Id}", token.Full), "token");
        Envelope.Invalid(await _app.SendAsync(HttpMethod.Get, "/flow/usage?ws_id=ws", token.Full), "ws_id");
        Envelope.Refused(await _app.SendAsync(HttpMethod.Get, "/flow/usage", null), 401, "AuthenticationError");
        Envelope.Refused(await _app.AdminAsync(HttpMethod.Get, "/flow/usage?token=flow_nobody"), 404, "NotFound");
    }

    [Fact]
    public async Task A_spreadsheet_takes_the_CSV_as_data()
    {
        const string workspace = "=1+1,\"x\"";
        var token = await UsedAsync(1, 2, workspace);

        string[] lines = await CsvAsync($"/flow/usage?granularity=total&group_by=ws_id,token&token={token.Id}&format=csv&from=2026-01-01&to=2099-12-31");

        Assert.Equal(
            [
                "starts_at,ends_at,starts_at_utc,ws_id,token,calls,units,failed,refunded,refused_quota,refused_rate",
                $"2026-01-01 00:00:00,2100-01-01 00:00:00,2025-12-31 16:00:00,\"'=1+1,\"\"x\"\"\",{token.Id},1,2,0,0,0,0",
                "",
            ],
            lines);
    }

    [Theory]
    [InlineData("granularity=week", "granularity")]
    [InlineData("granularity=hour&from=2020-01-01&to=2026-01-01", "granularity")]
    [InlineData("group_by=email", "group_by")]
    [InlineData("group_by=token,token", "group_by")]
    [InlineData("group_by=token,meter,ws_id", "group_by")]
    [InlineData("time_zone=Berlin", "time_zone")]
    [InlineData("from=yesterday", "from")]
    [InlineData("from=2026-02-30", "from")]
    [InlineData("from=2026-01-01%2000:05:00", "from")]
    [InlineData("to=2026-01-01%2000:00:01", "to")]
    [InlineData("from=2026-01-02&to=2026-01-01", "to")]
    [InlineData("to=9999-12-31", "to")]
    [InlineData("meter=%20", "meter")]
    [InlineData("format=xml", "format")]
    [InlineData("format=", "format")]
    [InlineData("page=1", "page")]
    public async Task A_wrong_parameter_is_named(string query, string named) =>
        Envelope.Invalid(await _app.AdminAsync(HttpMethod.Get, $"/flow/usage?{query}"), named);

    private async Task<TestToken> UsedAsync(int calls, int cost = 1, string workspace = "ws", string? meter = null)
    {
        var token = await _app.CreateTokenAsync(new { ws_id = workspace, email = "a@example.com", operation = "unlimited", quota_type = "count", total_quota = 10 });
        for (int i = 0; i < calls; i++)
            Envelope.Data(await _app.SendAsync(HttpMethod.Post, "/flow/consume", token.Full, meter is null ? new { cost } : new { cost, meter }));
        await _app.DrainAsync();
        Assert.NotNull(await _app.Services.GetRequiredService<UsageRollup>().RunAsync(default));
        return token;
    }

    private async Task<JsonElement> UsageAsync(string query) => Envelope.Data(await _app.AdminAsync(HttpMethod.Get, $"/flow/usage?{query}"));

    private async Task<List<JsonElement>> BucketsAsync(string query) => [.. (await UsageAsync(query)).GetProperty("buckets").EnumerateArray()];

    private async Task<string[]> CsvAsync(string path)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Authorization = new("Bearer", TestApp.AdminToken);
        using var response = await _app.Client.SendAsync(request);
        Assert.Equal("text/csv; charset=utf-8", response.Content.Headers.ContentType?.ToString());
        Assert.True(DateTime.TryParseExact(
            Assert.Single(response.Headers.GetValues("X-FlowQuota-Complete-Until")), "yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture, DateTimeStyles.None, out _));
        return (await response.Content.ReadAsStringAsync()).Split("\r\n");
    }

    private static (long Calls, long Units, long Failed, long Refunded) Figures(JsonElement bucket) => (
        bucket.GetProperty("calls").GetInt64(), bucket.GetProperty("units").GetInt64(), bucket.GetProperty("failed").GetInt64(),
        bucket.GetProperty("refunded").GetInt64());
}
