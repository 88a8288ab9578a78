using System.Data.Common;
using Dapper;
using FlowQuota.Tests.Apps;
using FlowQuota.Tests.Servers;
using Xunit;

namespace FlowQuota.Tests.Operators;

/// <summary>Protects the runbooks: their queries run unchanged and return the right figures.</summary>
public sealed class SqlRunbookTests
{
    [ServerFact(Redis = true, MySql = true)]
    public async Task The_tables_are_there_with_the_columns_that_operators_know()
    {
        await using var world = await TestWorld.RealAsync();
        var app = await world.StartAppAsync();
        await using var connection = await app.Sql.OpenAsync(default);

        var columns = (await QueryAsync(connection, "DESC access_tokens;")).Select(row => (string)row["Field"]!);
        Assert.Superset(
            new HashSet<string>
            {
                "id", "ws_id", "email", "access_token", "created_at", "expires_at", "operation_type", "is_active", "rate_limit_per_minute",
                "rate_limit_burst", "rate_limit_window_seconds", "quota_type", "total_quota", "remaining_quota", "quota_synced_at", "updated_at",
            },
            columns.ToHashSet());
        Assert.Single(await QueryAsync(connection, "SHOW TABLES LIKE 'token_quota_logs';"));
        Assert.Superset(
            new HashSet<string>
            {
                "id", "token", "ws_id", "email", "quota_before", "quota_after", "quota_change", "action", "request_id", "execution_success",
                "execution_error_type", "execution_error_message", "created_at",
            },
            (await QueryAsync(connection, "DESC token_quota_logs;")).Select(row => (string)row["Field"]!).ToHashSet());
    }

    [ServerFact(Redis = true, MySql = true)]
    public async Task The_last_synced_quotas_are_listed_by_public_id()
    {
        await using var world = await TestWorld.RealAsync();
        var app = await world.StartAppAsync();
        var older = await app.CreateTokenAsync();
        await app.CreateTokenAsync(new { ws_id = "ws", email = "a@example.com", operation = "unlimited" });
        var newer = await app.CreateTokenAsync();
        await app.ConsumeAsync(older);
        await app.DrainAsync();
        await app.ConsumeAsync(newer, 4);
        await app.DrainAsync();
        await using var connection = await app.Sql.OpenAsync(default);

        var rows = await QueryAsync(connection,
            "SELECT access_token, remaining_quota, quota_synced_at FROM access_tokens WHERE quota_type IN ('count','hybrid') ORDER BY quota_synced_at DESC LIMIT 10;");

        Assert.Equal([(newer.Id, 6), (older.Id, 9)], rows.Select(row => ((string)row["access_token"]!, (int)row["remaining_quota"]!)));
        Assert.All(rows, row => Assert.InRange((DateTime)row["quota_synced_at"]!, DateTime.UtcNow.AddMinutes(-1), DateTime.UtcNow.AddSeconds(1)));
    }

    [ServerFact(Redis = true, MySql = true)]
    public async Task The_last_log_rows_and_the_day_s_figures_are_right()
    {
        await using var world = await TestWorld.RealAsync();
        var app = await world.StartAppAsync();
        var token = await app.CreateTokenAsync();
        await app.ExecuteAsync(token, "return 1");
        await app.ExecuteAsync(token, "return 2");
        await app.ExecuteAsync(token, "throw new Error('no')");
        await app.ConsumeAsync(token, 3);
        await app.ConsumeAsync(token, 100);
        await app.DrainAsync();
        await using var connection = await app.Sql.OpenAsync(default);
        // Rows are UTC, and so is the day of the query, on whatever machine this runs.
        await connection.ExecuteAsync("SET time_zone = '+00:00'");

        var last = await QueryAsync(connection, "SELECT * FROM token_quota_logs ORDER BY created_at DESC LIMIT 10;");
        Assert.Equal(5, last.Count);
        Assert.Equal(last.Select(row => (DateTime)row["created_at"]!).OrderDescending(), last.Select(row => (DateTime)row["created_at"]!));
        // Calls of one millisecond may stand in either order.
        var metered = last.Single(row => (int)row["quota_change"]! == -3);
        Assert.Equal(("consume", 7, 4, null), ((string)metered["action"]!, metered["quota_before"], metered["quota_after"], metered["execution_success"]));

        var day = Assert.Single(await QueryAsync(connection, """
            SELECT COUNT(*) AS total_consume, SUM(CASE WHEN execution_success = 1 THEN 1 ELSE 0 END) AS success_count,
                   SUM(CASE WHEN execution_success = 0 THEN 1 ELSE 0 END) AS failed_count
              FROM token_quota_logs WHERE action = 'consume' AND DATE(created_at) = CURDATE();
            """));
        Assert.Equal((4L, 2m, 1m), ((long)day["total_consume"]!, (decimal)day["success_count"]!, (decimal)day["failed_count"]!));
    }

    [ServerFact(Redis = true, MySql = true)]
    public async Task The_size_of_the_log_can_be_asked_for()
    {
        await using var world = await TestWorld.RealAsync();
        var app = await world.StartAppAsync();
        await using var connection = await app.Sql.OpenAsync(default);

        var rows = await QueryAsync(connection,
            "SELECT TABLE_NAME, ROUND((DATA_LENGTH+INDEX_LENGTH)/1024/1024,2) AS size_mb, TABLE_ROWS FROM information_schema.TABLES WHERE TABLE_NAME = 'token_quota_logs';");

        // As many as there are databases with the table on this server, ours among them.
        Assert.NotEmpty(rows);
        Assert.All(rows, row => Assert.True((decimal)row["size_mb"]! > 0));
    }

    private static async Task<List<IDictionary<string, object?>>> QueryAsync(DbConnection connection, string sql) =>
        [.. (await connection.QueryAsync(sql)).Cast<IDictionary<string, object?>>()];
}
