using Dapper;
using FlowQuota.Sql;
using FlowQuota.Tests.Apps;
using FlowQuota.Tests.Servers;
using FlowQuota.Tokens;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using MySqlConnector;
using Xunit;

namespace FlowQuota.Tests.Storage;

[NeedsServer(TestServers.MySqlVariable)]
public sealed class MySqlSchemaMigratorTests(MySqlFixture sql) : SchemaMigratorSuite(sql), IClassFixture<MySqlFixture>
{
    private readonly MySqlFixture _sql = sql;

    // The server renames no column that partitions or generated columns use.
    protected override string Columns => """
        SELECT TABLE_NAME, COLUMN_NAME FROM information_schema.COLUMNS
        WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME <> 'flowquota_schema' AND (TABLE_NAME, COLUMN_NAME) <> ('token_quota_logs', 'created_at')
          AND NOT (TABLE_NAME = 'access_tokens' AND COLUMN_NAME IN ('total_quota', 'remaining_quota'))
        """;

    [ServerFact(MySql = true)]
    public async Task Init_sql_by_hand_twice_and_then_the_app()
    {
        string database = $"flowquota_test_{Guid.NewGuid():N}";
        await MySqlFixture.ExecuteOnServerAsync($"CREATE DATABASE {database}");
        try
        {
            using var dialect = new MySqlDialect(ConnectionString(database));
            var tokens = new SqlTokenStore(dialect, TimeProvider.System);
            await RunInitSqlAsync(database);
            var token = await tokens.CreateAsync(Samples.NewToken(), "request", default);
            await RunInitSqlAsync(database);

            await new SchemaMigrator(dialect, TimeProvider.System, NullLogger<SchemaMigrator>.Instance).MigrateAsync(default);

            Assert.Equal(token.Id, (await tokens.FindAsync(token.TokenId, default))!.Id);
        }
        finally
        {
            await MySqlFixture.ExecuteOnServerAsync($"DROP DATABASE {database}");
        }
    }

    [ServerFact(MySql = true)]
    public async Task An_account_that_may_only_read_and_write_uses_the_schema_that_is_there()
    {
        string account = $"fq{Guid.NewGuid():N}"[..20];
        await _sql.ExecuteAsync("DROP TABLE IF EXISTS flowquota_schema");
        await MySqlFixture.ExecuteOnServerAsync(
            $"CREATE USER '{account}'@'%' IDENTIFIED BY 'only-read-write'; GRANT SELECT, INSERT, UPDATE, DELETE ON {_sql.Database}.* TO '{account}'@'%'");
        try
        {
            using var dialect = new MySqlDialect(new MySqlConnectionStringBuilder(_sql.ConnectionString)
            {
                UserID = account,
                Password = "only-read-write",
            }.ConnectionString);
            var migrator = new SchemaMigrator(dialect, TimeProvider.System, NullLogger<SchemaMigrator>.Instance);

            await migrator.MigrateAsync(default);

            Assert.Equal(QuotaType.Count, (await new SqlTokenStore(dialect, TimeProvider.System).CreateAsync(Samples.NewToken(), "request", default)).QuotaType);
            await _sql.ExecuteAsync("ALTER TABLE access_tokens RENAME TO elsewhere");
            var failure = await Assert.ThrowsAsync<SqlUnavailableException>(() => migrator.MigrateAsync(default));
            Assert.Contains("infra/sql/init.sql", failure.Reason, StringComparison.Ordinal);
        }
        finally
        {
            await MySqlFixture.ExecuteOnServerAsync($"DROP USER '{account}'@'%'");
            await _sql.ExecuteAsync("DROP TABLE IF EXISTS elsewhere");
            await _sql.Migrator.MigrateAsync(default);
        }
    }

    [ServerFact(MySql = true)]
    public async Task The_days_ahead_have_partitions_before_the_first_row_comes()
    {
        await _sql.Migrator.MigrateAsync(default);

        var partitions = await _sql.QueryAsync<string>("""
            SELECT PARTITION_NAME FROM information_schema.PARTITIONS
            WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = 'token_quota_logs' ORDER BY PARTITION_ORDINAL_POSITION
            """);

        Assert.Equal("p_future", partitions[^1]);
        Assert.Contains($"p{DateTime.UtcNow.AddDays(6):yyyyMMdd}", partitions);
    }

    [ServerFact(MySql = true)]
    public async Task A_migration_that_takes_long_says_so_and_one_that_is_stopped_is_finished_first()
    {
        await _sql.ExecuteAsync("DELETE FROM flowquota_schema WHERE version IN ('2', '3', '4', '5', '6')");
        await _sql.ExecuteAsync("ALTER TABLE token_quota_logs DROP COLUMN total_after");
        using var log = new CapturedLog();
        using var stop = new CancellationTokenSource();
        var clock = new FakeTimeProvider();
        Task migrating;
        await using (var connection = await _sql.Dialect.OpenAsync(default))
        await using (var reading = await connection.BeginTransactionAsync())
        {
            // The table cannot be altered while a transaction uses it.
            await connection.ExecuteAsync("SELECT 1 FROM token_quota_logs LIMIT 1", transaction: reading);
            migrating = _sql.LoggingMigrator(log, clock).MigrateAsync(stop.Token);
            await Eventually.TrueAsync(async () => (await _sql.QueryAsync<long>(
                "SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE DB = DATABASE() AND INFO LIKE '%ADD COLUMN total_after%' AND STATE LIKE 'Waiting%'"))[0] > 0);
            clock.Advance(TimeSpan.FromSeconds(10));
            clock.Advance(TimeSpan.FromSeconds(10));
            await stop.CancelAsync();
        }

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => migrating);
        Assert.Equal(
            [
                "Information: Schema migration 2 of 6 (changes once) begins",
                "Information: Schema migration 2 of 6 (changes once) has run for 10 s; how long it will take is not known",
                "Information: Schema migration 2 of 6 (changes once) has run for 20 s; how long it will take is not known",
                "Warning: Asked to stop during schema migration 2 of 6 (changes once): it is finished first, and the next start continues with the next one. "
                    + "If the process is killed, the next start repeats this one",
                "Information: Schema migrations applied: 1, in 20 s",
            ],
            log.Lines.Where(line => !line.StartsWith("Debug:", StringComparison.Ordinal)).Select(line => line.Trim()));
        Assert.Equal(["1", "2"], await _sql.QueryAsync<string>("SELECT version FROM flowquota_schema WHERE success = 1 AND version <> '0' ORDER BY id"));
        await Migrating_again_changes_nothing();
    }

    private static string ConnectionString(string database) =>
        new MySqlConnectionStringBuilder(TestServers.MySql) { Database = database }.ConnectionString;

    [Fact]
    public void Init_sql_is_the_migrations_one_after_the_other()
    {
        var versions = typeof(SchemaMigrator).Assembly.GetManifestResourceNames()
            .Where(name => name.StartsWith("FlowQuota.Migrations.MySql.", StringComparison.Ordinal)).Order(StringComparer.Ordinal);

        Assert.Equal(string.Concat(versions.Select(Statements)), Statements("init.sql"));

        static string Statements(string resource) =>
            string.Concat(Read(resource).Split('\n').Where(line => !line.StartsWith("--", StringComparison.Ordinal) && line.Length > 0));
    }

    [ServerFact(MySql = true)]
    public async Task Init_sql_by_hand_brings_a_schema_of_the_first_version_up_to_date()
    {
        string database = $"flowquota_test_{Guid.NewGuid():N}";
        await MySqlFixture.ExecuteOnServerAsync($"CREATE DATABASE {database}");
        try
        {
            using var dialect = new MySqlDialect(ConnectionString(database));
            await RunAsync(database, "FlowQuota.Migrations.MySql.V1__create_tables.sql");

            await RunInitSqlAsync(database);

            var token = await new SqlTokenStore(dialect, TimeProvider.System).CreateAsync(Samples.NewToken(), "request", default);
            Assert.Equal(1, token.RowVersion);
        }
        finally
        {
            await MySqlFixture.ExecuteOnServerAsync($"DROP DATABASE {database}");
        }
    }

    private static Task RunInitSqlAsync(string database) => RunAsync(database, "init.sql");

    private static async Task RunAsync(string database, string resource)
    {
        await using var connection = new MySqlConnection($"{ConnectionString(database)};Allow User Variables=true");
        await connection.ExecuteAsync(Read(resource));
    }

    private static string Read(string resource)
    {
        using var reader = new StreamReader(typeof(SchemaMigrator).Assembly.GetManifestResourceStream(resource)!);
        return reader.ReadToEnd();
    }
}
