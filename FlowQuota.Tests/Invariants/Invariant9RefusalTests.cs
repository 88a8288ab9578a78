using System.Net.Http.Headers;
using System.Net.Http.Json;
using FlowQuota.Execution;
using FlowQuota.Redis;
using FlowQuota.Tests.Apps;
using FlowQuota.Tests.Servers;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace FlowQuota.Tests.Invariants;

/// <summary>Invariant 9: a refusal (400, 401, 404, 405, 413, 415, 429, 503) consumes nothing and writes no row.</summary>
public sealed class Invariant9RefusalTests
{
    private static readonly string ReturnOne = Convert.ToBase64String("return 1"u8);

    [ServerFact(Redis = true, MySql = true)]
    public async Task On_real_stores_no_refusal_costs_anything()
    {
        await using var world = await TestWorld.RealAsync();
        await AssertNoneCostsAsync(await world.StartAppAsync(("EXECUTE_SLOT_WAIT_MS", "20"), ("EXECUTE_MAX_CONCURRENCY", "1")));
    }

    [Fact]
    public async Task On_the_embedded_stores_no_refusal_costs_anything()
    {
        await using var world = TestWorld.Embedded();
        await AssertNoneCostsAsync(await world.StartAppAsync(("EXECUTE_SLOT_WAIT_MS", "20"), ("EXECUTE_MAX_CONCURRENCY", "1")));
    }

    [ServerFact(Redis = true, MySql = true)]
    public async Task Above_the_hard_limit_of_the_backlog_calls_get_503_and_cost_nothing_and_the_stats_say_so()
    {
        await using var world = await TestWorld.RealAsync();
        var app = await world.StartAppAsync(("QUOTA_QUEUE_CAP", "1"));
        await StopDrainsAsync(app);
        var token = await app.CreateTokenAsync(
            new { ws_id = "ws", email = "a@example.com", operation = "unlimited", quota_type = "count", total_quota = 1000 });
        Assert.Equal("ok", await StatusAsync(app));

        for (int i = 0; i < 100; i++)
            Assert.Equal(200, (await app.ConsumeAsync(token)).Status);
        foreach (var refused in new[] { await app.ConsumeAsync(token), await app.ExecuteAsync(token, "return 1") })
        {
            Assert.Equal((503, "ServiceUnavailable"), (refused.Status, refused.ErrorType));
            Assert.InRange(int.Parse(refused.Headers["Retry-After"], System.Globalization.CultureInfo.InvariantCulture), 1, 60);
        }

        Assert.Equal("full", await StatusAsync(app));
        Assert.Equal(900, await app.Redis.StringGetAsync($"quota:{token.Id}"));
        Assert.Equal(100, await app.Redis.ListLengthAsync("outbox:audit"));
        await app.Redis.KeyDeleteAsync(["lease:sync", "lease:audit"]);
        await app.DrainAsync();
        Assert.Equal("ok", await StatusAsync(app));
        Assert.Equal(200, (await app.ConsumeAsync(token)).Status);
        await app.DrainAsync();
        Assert.Equal(102, (await StoredLedger.ReadWholeAsync(app.Sql, token.Id)).Count);
    }

    [ServerFact(Redis = true, MySql = true)]
    public async Task Above_its_cap_a_queue_is_degraded_and_drops_nothing()
    {
        await using var world = await TestWorld.RealAsync();
        var app = await world.StartAppAsync(("QUOTA_QUEUE_CAP", "3"));
        await StopDrainsAsync(app);
        var token = await app.CreateTokenAsync();

        for (int i = 0; i < 4; i++)
            Assert.Equal(200, (await app.ConsumeAsync(token)).Status);

        var stats = (await app.AdminAsync(HttpMethod.Get, "/flow/cache-write-pool/stats")).Data;
        Assert.Equal((1, 3, 4, 3, "degraded", 300), (stats.GetProperty("sync_queue_len").GetInt32(), stats.GetProperty("sync_queue_cap").GetInt32(),
            stats.GetProperty("log_queue_len").GetInt32(), stats.GetProperty("log_queue_cap").GetInt32(), stats.GetProperty("status").GetString(),
            stats.GetProperty("hard_limit").GetInt32()));
        Assert.Contains("degraded", (await app.AdminAsync(HttpMethod.Get, "/flow/health")).Body.ToString(), StringComparison.Ordinal);
        Assert.Single(app.Log.Lines, line => line.Contains("Backlog above its cap", StringComparison.Ordinal));
    }

    private static async Task AssertNoneCostsAsync(TestApp app)
    {
        var good = await app.CreateTokenAsync();
        var disabled = await app.CreateTokenAsync();
        await app.AdminAsync(HttpMethod.Put, $"/flow/tokens/{disabled.Id}", new { is_active = false });
        var expired = await app.CreateTokenAsync(
            new { ws_id = "ws", email = "a@example.com", operation = "add", days = 1, quota_type = "hybrid", total_quota = 10 });
        await app.Redis.HashSetAsync($"token:{expired.Id}", "expires", 1);
        var limited = await app.CreateTokenAsync(new
        {
            ws_id = "ws",
            email = "a@example.com",
            operation = "unlimited",
            quota_type = "count",
            total_quota = 10,
            rate_limit_per_minute = 1,
        });
        Assert.Equal(200, (await app.ConsumeAsync(limited)).Status);
        var spent = await app.CreateTokenAsync(
            new { ws_id = "ws", email = "a@example.com", operation = "unlimited", quota_type = "count", total_quota = 1 });
        Assert.Equal(200, (await app.ConsumeAsync(spent)).Status);
        var thief = good with { Full = good.Id + "_" + disabled.Full[(good.Id.Length + 1)..] };

        await Eventually.TrueAsync(() => app.Services.GetRequiredService<SandboxPool>().Health.Ready > 0);
        var refused = new List<(int Expected, TestAnswer Answer)>
        {
            (400, await PostAsync("consume", good, "{")),
            (400, await PostAsync("consume", good, "{\"cost\":0}")),
            (400, await PostAsync("consume", good, "{\"cost\":1000001}")),
            (400, await PostAsync("consume", good, "{\"cost\":1.5}")),
            (400, await PostAsync("consume", good, "{\"amount\":1}")),
            (400, await PostAsync("execute", good, "{}")),
            (400, await PostAsync("execute", good, "{\"code_base64\":\"%%%\"}")),
            (400, await PostAsync("execute", good, $"{{\"code_base64\":\"{ReturnOne}\",\"more\":1}}")),
            (400, await PostAsync("execute", good, $"{{\"code_base64\":\"{Convert.ToBase64String(new byte[70_000])}\"}}")),
            (413, await PostAsync("execute", good, $"{{\"code_base64\":\"{ReturnOne}\",\"input\":\"{new string('x', 2_100_000)}\"}}")),
            (415, await SendContentAsync(good, "text/plain")),
            (405, await app.SendAsync(HttpMethod.Get, "/flow/consume", good.Full)),
            (404, await app.SendAsync(HttpMethod.Post, "/flow/nowhere", good.Full)),
            (401, await app.SendAsync(HttpMethod.Post, "/flow/consume", null)),
            (401, await app.SendAsync(HttpMethod.Post, "/flow/consume", "nonsense")),
            (401, await app.SendAsync(HttpMethod.Post, "/flow/consume", good.Id)),
            (401, await app.ConsumeAsync(thief)),
            (401, await app.ExecuteAsync(thief, "return 1")),
            (401, await app.ConsumeAsync(disabled)),
            (401, await app.ExecuteAsync(disabled, "return 1")),
            (401, await app.ConsumeAsync(expired)),
            (429, await app.ConsumeAsync(limited)),
            (429, await app.ExecuteAsync(limited, "return 1")),
            (429, await app.ConsumeAsync(spent)),
            (429, await app.ExecuteAsync(spent, "return 1")),
            (429, await app.ConsumeAsync(good, 11)),
        };
        var taken = new List<ExecutionSlot>();
        while (await app.Services.GetRequiredService<ExecutionSlots>().TryEnterAsync($"flow_{taken.Count}", default) is { } slot)
            taken.Add(slot);
        refused.Add((503, await app.ExecuteAsync(good, "return 1")));
        taken.ForEach(slot => slot.Dispose());

        Assert.Equal(refused.Select(one => one.Expected), refused.Select(one => one.Answer.Status));
        Assert.DoesNotContain(refused, one => one.Answer.Status == 429 && one.Answer.ErrorType == "TokenRateLimitError" && !one.Answer.Headers.ContainsKey("Retry-After"));
        Assert.DoesNotContain(refused, one => one.Answer.ErrorType == "QuotaExceeded" && one.Answer.Headers.ContainsKey("Retry-After"));
        await app.DrainAsync();
        foreach (var (token, remaining, rows) in new[] { (good, 10, 1), (disabled, 10, 1), (expired, 10, 1), (limited, 9, 2), (spent, 0, 2) })
        {
            Assert.Equal(remaining, await app.Redis.StringGetAsync($"quota:{token.Id}"));
            Assert.Equal(rows, (await StoredLedger.ReadWholeAsync(app.Sql, token.Id)).Count);
        }

        Task<TestAnswer> PostAsync(string path, TestToken token, string body) => app.SendAsync(HttpMethod.Post, $"/flow/{path}", token.Full, body);

        async Task<TestAnswer> SendContentAsync(TestToken token, string mediaType)
        {
            using var content = JsonContent.Create(new { code_base64 = ReturnOne }, new MediaTypeHeaderValue(mediaType));
            return await app.SendAsync(HttpMethod.Post, "/flow/execute", token.Full, content);
        }
    }

    /// <summary>Another drain holds the leases, so that the outboxes are not drained.</summary>
    private static async Task StopDrainsAsync(TestApp app)
    {
        var keyspace = app.Services.GetRequiredService<RedisKeyspace>();
        foreach (var kind in Enum.GetValues<OutboxKind>())
            await app.Redis.StringSetAsync(keyspace.Lease(kind, 0), "another");
    }

    private static async Task<string?> StatusAsync(TestApp app) =>
        (await app.AdminAsync(HttpMethod.Get, "/flow/cache-write-pool/stats")).Data.GetProperty("status").GetString();
}
