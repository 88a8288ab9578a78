using FlowQuota.Tests.Apps;
using Xunit;

namespace FlowQuota.Tests.Contract;

/// <summary>Protects health and stats, whose fields load balancers and dashboards read.</summary>
[Collection(ContractTests.Name)]
public sealed class HealthTests(EmbeddedContractApp shared)
{
    private readonly TestApp _app = shared.App;

    [Fact]
    public async Task Liveness_answers_anyone_with_service_status_timestamp_and_version()
    {
        var answer = await _app.SendAsync(HttpMethod.Get, "/health", null);
        Assert.Equal(200, answer.Status);
        Envelope.Check(answer);
        Assert.Equal(["service", "status", "version", "timestamp", "request_id"], Envelope.Names(answer.Body));
        Assert.Equal("flowquota", answer.Body.GetProperty("service").GetString());
        Assert.Equal("ok", answer.Body.GetProperty("status").GetString());
        Assert.Matches(@"^\d+\.\d+\.\d+$", answer.Body.GetProperty("version").GetString());
    }

    [Fact]
    public async Task Readiness_tells_of_every_part()
    {
        var data = Envelope.Data(await _app.AdminAsync(HttpMethod.Get, "/flow/health"));
        Assert.Equal(["redis", "sql", "queues", "aof", "backlog", "executor"], Envelope.Names(data.GetProperty("components")));
    }

    [Fact]
    public async Task The_queue_stats_have_the_older_dashboards_fields_and_what_really_waits()
    {
        var data = Envelope.Data(await _app.AdminAsync(HttpMethod.Get, "/flow/cache-write-pool/stats"));
        Assert.Equal(10_000, data.GetProperty("sync_queue_cap").GetInt32());
        Assert.Equal(10_000, data.GetProperty("log_queue_cap").GetInt32());
        Assert.Equal("5s", data.GetProperty("sync_interval").GetString());
        Assert.Equal(500, data.GetProperty("sync_batch_size").GetInt32());
        Assert.Equal("ok", data.GetProperty("status").GetString());
        Assert.True(data.GetProperty("sync_queue_len").GetInt64() >= 0);
        Assert.True(data.GetProperty("log_queue_len").GetInt64() >= 0);
    }

    [Fact]
    public async Task A_cleanup_is_run_on_demand_and_its_figures_are_told_in_the_time_zone()
    {
        var run = Envelope.Data(await _app.AdminAsync(HttpMethod.Post, "/flow/quota/cleanup/trigger"));
        Assert.Equal((0, 180), (run.GetProperty("deleted_count").GetInt32(), run.GetProperty("retention_days").GetInt32()));

        var stats = Envelope.Data(await _app.AdminAsync(HttpMethod.Get, "/flow/quota/cleanup/stats"));
        Assert.Equal(
            [
                "enabled", "retention_days", "cleanup_interval", "batch_size", "last_cleanup_time", "last_cleanup_count",
                "total_cleaned_count", "next_cleanup_time", "unfinished_run", "expired_count",
            ],
            Envelope.Names(stats));
        Assert.True(stats.GetProperty("enabled").GetBoolean());
        Assert.Equal((180, "24h0m0s", 10_000), (
            stats.GetProperty("retention_days").GetInt32(), stats.GetProperty("cleanup_interval").GetString(), stats.GetProperty("batch_size").GetInt32()));
        Times.AssertNow(stats.GetProperty("last_cleanup_time"));
        Assert.Equal(Times.Utc(stats.GetProperty("last_cleanup_time")).AddHours(24), Times.Utc(stats.GetProperty("next_cleanup_time")));
    }
}
