using System.Diagnostics;
using FlowQuota.Tests.Apps;
using FlowQuota.Tests.Servers;
using FlowQuota.Tests.Storage;
using MySqlConnector;
using Xunit;

namespace FlowQuota.Tests.Retention;

[NeedsServer(TestServers.MySqlVariable)]
public sealed class MySqlRetentionTests : RetentionSuite
{
    private readonly MySqlFixture _sql;

    public MySqlRetentionTests()
        : this(new MySqlFixture())
    {
    }

    private MySqlRetentionTests(MySqlFixture sql)
        : base(sql) => _sql = sql;

    public override async Task InitializeAsync()
    {
        await base.InitializeAsync();
        if (_sql.SkipReason is not null) return;

        // The migrator made the partitions of the real today; these tests have a day of their own.
        await _sql.ExecuteAsync("""
            ALTER TABLE token_quota_logs PARTITION BY RANGE COLUMNS (created_at) (PARTITION p_future VALUES LESS THAN (MAXVALUE))
            """);
    }

    [ServerFact(MySql = true)]
    public async Task Whole_days_are_dropped_and_counted()
    {
        Clock.Advance(TimeSpan.FromDays(-40));
        Assert.NotNull(await Cleanup().RunIfDueAsync(default));
        Clock.Advance(TimeSpan.FromDays(40));
        await AddRowsAsync(1000, Cutoff.Date.AddDays(-9));
        await AddRowsAsync(500, Cutoff.Date.AddDays(-4));
        await AddRowsAsync(30, Cutoff.AddHours(-1));
        await AddRowsAsync(20, Cutoff.AddHours(1));

        var result = await Cleanup().RunIfDueAsync(default);

        Assert.Equal((1530L, true), (result!.DeletedCount, result.IsCompleted));
        Assert.Equal(20, await CountRowsAsync());
        Assert.Equal(1530, (await Cleanup().GetStatsAsync(default)).LastCleanupCount);
        Assert.DoesNotContain($"p{Cutoff.AddDays(-4):yyyyMMdd}", await PartitionsAsync());
    }

    [ServerFact(MySql = true)]
    public async Task Each_day_has_its_partition_a_week_before_it_comes()
    {
        await Cleanup().RunIfDueAsync(default);
        await AddRowsAsync(100, Clock.GetUtcNow().UtcDateTime);
        Clock.Advance(TimeSpan.FromDays(2));
        await Cleanup().RunIfDueAsync(default);
        await Cleanup().RunIfDueAsync(default);

        Assert.Equal(
            [.. Enumerable.Range(22, 9).Select(day => $"p202611{day:00}"), "p20261201", "p_future"], await PartitionsAsync());
        Assert.Equal(100, (await _sql.QueryAsync<long>("SELECT COUNT(*) FROM token_quota_logs PARTITION (p20261122)"))[0]);
    }

    [ServerFact(MySql = true)]
    public async Task A_catch_all_that_holds_much_is_left_as_it_is()
    {
        await _sql.ExecuteAsync("""
            INSERT INTO token_quota_logs (token, epoch, seq, ws_id, email, quota_change, action, request_id, created_at)
            WITH RECURSIVE ten AS (SELECT 0 AS n UNION ALL SELECT n + 1 FROM ten WHERE n < 9)
            SELECT 'flow_many', 1, a.n + 10 * b.n + 100 * c.n + 1000 * d.n + 10000 * e.n + 100000 * f.n, 'w', 'e', -1, 'consume', 'r', '2026-01-01'
            FROM ten AS a, ten AS b, ten AS c, ten AS d, ten AS e, ten AS f
            WHERE f.n = 0 OR (f.n = 1 AND e.n = 0 AND d.n = 0)
            """);

        var result = await Cleanup().RunIfDueAsync(default);

        Assert.Equal((101_000L, true), (result!.DeletedCount, result.IsCompleted));
        Assert.Equal(["p_future"], await PartitionsAsync());
        Clock.Advance(TimeSpan.FromHours(1));
        await Cleanup().RunIfDueAsync(default);
        Assert.Equal(9, (await PartitionsAsync()).Count);
    }

    [ServerFact(MySql = true)]
    public async Task The_script_removes_what_the_timer_would_and_the_stats_stay_true()
    {
        // The script has the server's clock: everything of these tests is a week from expiry, so keep one day.
        await _sql.Migrator.MigrateAsync(default);
        await AddRowsAsync(2500, DateTime.UtcNow.AddDays(-3));
        await AddRowsAsync(40, DateTime.UtcNow);

        Assert.Contains("Would remove 2500 rows", (await RunScriptAsync("--dry-run")).Output, StringComparison.Ordinal);
        Assert.Equal(2540, await CountRowsAsync());
        var (exitCode, output) = await RunScriptAsync();

        Assert.True(exitCode == 0 && output.Contains("Removed 2500 rows", StringComparison.Ordinal), output);
        Assert.Equal(40, await CountRowsAsync());
        var stats = await Cleanup().GetStatsAsync(default);
        Assert.Equal((2500L, 2500L), (stats.LastCleanupCount, stats.TotalCleanedCount));

        await using var connection = new MySqlConnection(_sql.ConnectionString);
        await connection.OpenAsync();
        await using var take = new MySqlCommand("SELECT GET_LOCK(CONCAT('flowquota:cleanup:', LEFT(SHA1(DATABASE()), 16)), 0)", connection);
        await take.ExecuteScalarAsync();
        Assert.True((await Cleanup().RunAsync(default)).WasAlreadyRunning);
        Assert.Equal(3, (await RunScriptAsync()).ExitCode);
    }

    [ServerFact(MySql = true)]
    public async Task The_script_that_is_told_to_stop_ends_after_the_batch_at_hand_and_its_run_is_continued()
    {
        await _sql.Migrator.MigrateAsync(default);
        await AddRowsAsync(2500, DateTime.UtcNow.AddDays(-3));
        await using var connection = new MySqlConnection(_sql.ConnectionString);
        await connection.OpenAsync();
        // The script's first batch waits for this row.
        await using var blocking = await connection.BeginTransactionAsync();
        await using var block = new MySqlCommand("SELECT id FROM token_quota_logs ORDER BY created_at LIMIT 1 FOR UPDATE", connection, blocking);
        await block.ExecuteScalarAsync();
        using var script = StartScript();
        var output = script.StandardOutput.ReadToEndAsync();
        await Eventually.TrueAsync(async () => (await _sql.QueryAsync<int>(
            "SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE DB = DATABASE() AND INFO LIKE 'DELETE FROM token_quota_logs%'"))[0] > 0);

        using var kill = Process.Start("kill", ["-TERM", $"{script.Id}"]);
        await kill.WaitForExitAsync();
        await blocking.CommitAsync();
        await script.WaitForExitAsync();

        Assert.Equal((4, "Stopped after 1000 rows; the next run continues, or the timer of the app\n"), (script.ExitCode, await output));
        Assert.Equal(1500, await CountRowsAsync());
        Assert.Equal(1000, (await Cleanup().GetStatsAsync(default)).Unfinished?.DeletedCount);
        Assert.Equal(0, (await RunScriptAsync()).ExitCode);
        Assert.Equal(2500, (await Cleanup().GetStatsAsync(default)).LastCleanupCount);
    }

    private async Task<(int ExitCode, string Output)> RunScriptAsync(params string[] arguments)
    {
        using var script = StartScript(arguments);
        var output = script.StandardOutput.ReadToEndAsync();
        var errors = script.StandardError.ReadToEndAsync();
        await script.WaitForExitAsync();
        return (script.ExitCode, await output + await errors);
    }

    private Process StartScript(params string[] arguments)
    {
        var connection = new MySqlConnectionStringBuilder(_sql.ConnectionString);
        var start = new ProcessStartInfo("bash", [ScriptPath(), .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["MYSQL_HOST"] = connection.Server;
        start.Environment["MYSQL_PORT"] = $"{connection.Port}";
        start.Environment["MYSQL_USER"] = connection.UserID;
        start.Environment["MYSQL_PASSWORD"] = connection.Password;
        start.Environment["MYSQL_DATABASE"] = connection.Database;
        start.Environment["QUOTA_CLEANUP_RETENTION_DAYS"] = "1";
        start.Environment["QUOTA_CLEANUP_BATCH_SIZE"] = "1000";
        return Process.Start(start)!;
    }

    // Tests run somewhere below the repository.
    private static string ScriptPath()
    {
        const string script = "infra/cleanup_quota_logs.sh";
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            if (File.Exists(Path.Combine(folder.FullName, script))) return Path.Combine(folder.FullName, script);
        throw new FileNotFoundException($"{script} is in no folder above {AppContext.BaseDirectory}.");
    }

    private Task<IReadOnlyList<string>> PartitionsAsync() => _sql.QueryAsync<string>("""
        SELECT PARTITION_NAME FROM information_schema.PARTITIONS
        WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = 'token_quota_logs' ORDER BY PARTITION_ORDINAL_POSITION
        """);
}
