using FlowQuota.Sql;
using FlowQuota.Tests.Servers;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace FlowQuota.Tests.Storage;

/// <summary>The statements of the runbooks, word for word.</summary>
public sealed class OperatorSqlTests : IAsyncLifetime
{
    private readonly MySqlFixture _sql = new();

    public Task InitializeAsync() => _sql.InitializeAsync();

    public Task DisposeAsync() => _sql.DisposeAsync();

    [ServerFact(MySql = true)]
    public async Task Tables_and_columns_have_their_names()
    {
        string[] columns = (await _sql.QueryAsync<dynamic>("DESC access_tokens;")).Select(row => (string)row.Field).ToArray();

        Assert.Superset(
            "id ws_id email access_token created_at expires_at operation_type is_active rate_limit_per_minute rate_limit_burst rate_limit_window_seconds quota_type total_quota remaining_quota quota_synced_at updated_at".Split(' ').ToHashSet(),
            columns.ToHashSet());
        Assert.Equal(["token_quota_logs"], await _sql.QueryAsync<string>("SHOW TABLES LIKE 'token_quota_logs';"));
    }

    [ServerFact(MySql = true)]
    public async Task The_latest_synced_tokens_are_listed()
    {
        var token = await new SqlTokenStore(_sql.Dialect, TimeProvider.System).CreateAsync(Samples.NewToken(), "request", default);

        var row = Assert.Single(await _sql.QueryAsync<(string Token, int Remaining, DateTime SyncedAt)>(
            "SELECT access_token, remaining_quota, quota_synced_at FROM access_tokens WHERE quota_type IN ('count','hybrid') ORDER BY quota_synced_at DESC LIMIT 10;"));

        Assert.Equal((token.TokenId, 10, token.QuotaSyncedAt), row);
    }

    [ServerFact(MySql = true)]
    public async Task The_day_is_counted_and_the_latest_rows_are_shown()
    {
        var store = new SqlQuotaLogStore(_sql.Dialect, TimeProvider.System, NullLogger<SqlQuotaLogStore>.Instance);
        var (token, now) = (Samples.NewTokenId(), DateTime.UtcNow);
        bool?[] outcomes = [true, true, true, false, false, null];
        await store.WriteAsync(
            [
                .. outcomes.Select((success, i) => Samples.NewEntry(token, i + 1, createdAt: now) with { ExecutionSuccess = success }),
                Samples.NewEntry(token, 100, createdAt: now.AddDays(-2)) with { ExecutionSuccess = true },
            ],
            default);

        var (total, succeeded, failed) = Assert.Single(await _sql.QueryAsync<(long, long, long)>("""
            SELECT COUNT(*) AS total_consume, SUM(CASE WHEN execution_success = 1 THEN 1 ELSE 0 END) AS success_count,
                   SUM(CASE WHEN execution_success = 0 THEN 1 ELSE 0 END) AS failed_count
              FROM token_quota_logs WHERE action = 'consume' AND DATE(created_at) = CURDATE();
            """));
        var latest = (await _sql.QueryAsync<dynamic>("SELECT * FROM token_quota_logs ORDER BY created_at DESC LIMIT 10;")).ToArray();

        Assert.Equal((6, 3, 2), (total, succeeded, failed));
        Assert.Equal(7, latest.Length);
        Assert.Equal(100, (long)latest[^1].seq);
    }

    [ServerFact(MySql = true)]
    public async Task The_size_of_the_log_is_shown() =>
        Assert.Contains(
            (await _sql.QueryAsync<(string Table, decimal? Size, ulong? Rows)>(
                "SELECT TABLE_NAME, ROUND((DATA_LENGTH+INDEX_LENGTH)/1024/1024,2) AS size_mb, TABLE_ROWS FROM information_schema.TABLES WHERE TABLE_NAME = 'token_quota_logs';")),
            row => row is { Table: "token_quota_logs", Size: > 0 });
}
