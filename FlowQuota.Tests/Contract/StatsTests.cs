using System.Text.Json;
using Dapper;
using FlowQuota.Tests.Apps;
using Xunit;

namespace FlowQuota.Tests.Contract;

/// <summary>Protects the figures of the stats that are not zero or the default, and the limits of the backlog.</summary>
public sealed class StatsTests
{
    [Fact]
    public async Task A_backlog_above_its_cap_is_degraded_and_above_a_hundred_times_that_calls_are_503_and_take_nothing()
    {
        await using var world = TestWorld.Embedded();
        var app = await ContractApp.StartAsync(world, ("QUOTA_QUEUE_CAP", "1"), ("QUOTA_SYNC_INTERVAL_SECONDS", "90"), ("QUOTA_SYNC_BATCH_SIZE", "7"));
        var token = await app.CreateTokenAsync();
        // Simulates another drain at work, so everything waits.
        await app.Redis.StringSetAsync("lease:audit", "another", TimeSpan.FromMinutes(5));
        await app.Redis.StringSetAsync("lease:sync", "another", TimeSpan.FromMinutes(5));

        Envelope.Data(await app.ConsumeAsync(token));
        Envelope.Data(await app.ConsumeAsync(token));
        var stats = Envelope.Data(await app.AdminAsync(HttpMethod.Get, "/flow/cache-write-pool/stats"));
        Assert.Equal((1, 2, 1, 1, "degraded"), (
            stats.GetProperty("sync_queue_len").GetInt32(), stats.GetProperty("log_queue_len").GetInt32(),
            stats.GetProperty("sync_queue_cap").GetInt32(), stats.GetProperty("log_queue_cap").GetInt32(), stats.GetProperty("status").GetString()));
        Assert.Equal(("1m30s", 7), (stats.GetProperty("sync_interval").GetString(), stats.GetProperty("sync_batch_size").GetInt32()));
        var health = Envelope.Data(await app.AdminAsync(HttpMethod.Get, "/flow/health"));
        Assert.Equal("degraded", health.GetProperty("status").GetString());
        Assert.Equal("degraded", health.GetProperty("components").GetProperty("backlog").GetProperty("status").GetString());

        for (int i = 0; i < 98; i++)
            await app.Redis.ListRightPushAsync("outbox:audit", "{}");
        int before = await AppLedger.RemainingAsync(app, token);
        foreach (var answer in new[] { await app.ConsumeAsync(token), await app.ExecuteAsync(token, "return 1") })
            Envelope.Refused(answer, 503, "ServiceUnavailable");
        Assert.Equal(before, await AppLedger.RemainingAsync(app, token));
        Envelope.Refused(await app.AdminAsync(HttpMethod.Get, "/flow/health"), 503, "ServiceUnavailable");
    }

    [Fact]
    public async Task A_cleanup_counts_what_it_removed_and_its_settings_are_told_as_they_are()
    {
        await using var world = TestWorld.Embedded();
        var app = await ContractApp.StartAsync(world, ("QUOTA_CLEANUP_RETENTION_DAYS", "30"), ("QUOTA_CLEANUP_INTERVAL_HOURS", "1"),
            ("QUOTA_CLEANUP_BATCH_SIZE", "2"), ("QUOTA_CLEANUP_ENABLED", "false"));
        var stats = Envelope.Data(await app.AdminAsync(HttpMethod.Get, "/flow/quota/cleanup/stats"));
        Assert.False(stats.GetProperty("enabled").GetBoolean());
        Assert.Equal((30, "1h0m0s", 2), (
            stats.GetProperty("retention_days").GetInt32(), stats.GetProperty("cleanup_interval").GetString(), stats.GetProperty("batch_size").GetInt32()));

        var token = await app.CreateTokenAsync();
        for (int i = 0; i < 4; i++)
            await app.ConsumeAsync(token);
        await app.DrainAsync();
        await using (var connection = await app.Sql.OpenAsync(default))
        {
            object old = await connection.ExecuteScalarAsync<object>("SELECT MIN(created_at) FROM token_quota_logs") ?? "";
            Assert.StartsWith($"{DateTime.UtcNow.Year}", $"{old}", StringComparison.Ordinal);
            await connection.ExecuteAsync("UPDATE token_quota_logs SET created_at = replace(created_at, substr(created_at, 1, 4), '2020') WHERE seq <= 3 AND token = @Id", token);
        }

        Envelope.Data(await app.AdminAsync(HttpMethod.Post, "/flow/quota/cleanup/stop"));
        stats = Envelope.Data(await app.AdminAsync(HttpMethod.Get, "/flow/quota/cleanup/stats"));
        Assert.Equal((JsonValueKind.Null, 3), (stats.GetProperty("unfinished_run").ValueKind, stats.GetProperty("expired_count").GetInt32()));

        for (int run = 1; run <= 2; run++)
        {
            var ran = Envelope.Data(await app.AdminAsync(HttpMethod.Post, "/flow/quota/cleanup/trigger"));
            Assert.Equal((run == 1 ? 3 : 0, 30), (ran.GetProperty("deleted_count").GetInt32(), ran.GetProperty("retention_days").GetInt32()));
        }

        stats = Envelope.Data(await app.AdminAsync(HttpMethod.Get, "/flow/quota/cleanup/stats"));
        Assert.Equal((0, 3), (stats.GetProperty("last_cleanup_count").GetInt32(), stats.GetProperty("total_cleaned_count").GetInt32()));
        Assert.Equal(2, (await AppLedger.RowsAsync(app, token)).Count);
    }
}
