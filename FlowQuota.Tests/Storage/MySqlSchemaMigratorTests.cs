using System.Data.Common;
using Dapper;
using FlowQuota.Storage;
using FlowQuota.Storage.Sql;
using FlowQuota.Tests.Servers;
using FlowQuota.Tokens;
using Microsoft.Extensions.Logging.Abstractions;
using MySqlConnector;
using Xunit;

namespace FlowQuota.Tests.Storage;

[NeedsServer(TestServers.MySqlVariable)]
public sealed class MySqlSchemaMigratorTests(MySqlFixture sql) : SchemaMigratorSuite(sql), IClassFixture<MySqlFixture>
{
    private readonly MySqlFixture _sql = sql;

    [ServerFact(MySql = true)]
    public async Task Init_sql_by_hand_twice_and_then_the_app()
    {
        var database = $"flowquota_test_{Guid.NewGuid():N}";
        await MySqlFixture.ExecuteOnServerAsync($"CREATE DATABASE {database}");
        try
        {
            using var dialect = SqlDialect.ForMySql(ConnectionString(database));
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
        var account = $"fq{Guid.NewGuid():N}"[..20];
        await _sql.ExecuteAsync("DROP TABLE IF EXISTS flowquota_schema");
        await MySqlFixture.ExecuteOnServerAsync(
            $"CREATE USER '{account}'@'%' IDENTIFIED BY 'only-read-write'; GRANT SELECT, INSERT, UPDATE, DELETE ON {_sql.Database}.* TO '{account}'@'%'");
        try
        {
            using var dialect = SqlDialect.ForMySql(new MySqlConnectionStringBuilder(_sql.ConnectionString)
            {
                UserID = account,
                Password = "only-read-write",
            }.ConnectionString);
            var migrator = new SchemaMigrator(dialect, TimeProvider.System, NullLogger<SchemaMigrator>.Instance);

            await migrator.MigrateAsync(default);

            Assert.Equal(QuotaType.Count, (await new SqlTokenStore(dialect, TimeProvider.System).CreateAsync(Samples.NewToken(), "request", default)).QuotaType);
            await _sql.ExecuteAsync("ALTER TABLE access_tokens RENAME TO elsewhere");
            await Assert.ThrowsAnyAsync<DbException>(() => migrator.MigrateAsync(default));
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

    private static string ConnectionString(string database) =>
        new MySqlConnectionStringBuilder(TestServers.MySql) { Database = database }.ConnectionString;

    private static async Task RunInitSqlAsync(string database)
    {
        await using var script = typeof(SchemaMigrator).Assembly.GetManifestResourceStream("FlowQuota.Migrations.MySql.V1__create_tables.sql")!;
        using var reader = new StreamReader(script);
        await using var connection = new MySqlConnection(ConnectionString(database));
        await connection.ExecuteAsync(await reader.ReadToEndAsync());
    }
}
