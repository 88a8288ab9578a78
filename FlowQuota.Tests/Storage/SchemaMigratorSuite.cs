using FlowQuota.Sql;
using FlowQuota.Tests.Apps;
using FlowQuota.Tests.Servers;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace FlowQuota.Tests.Storage;

public abstract class SchemaMigratorSuite(SqlFixture sql)
{
    private const string AppliedVersions = "SELECT version FROM flowquota_schema WHERE success = 1 AND version <> '0' ORDER BY id";

    [SuiteFact]
    public async Task Migrating_again_changes_nothing()
    {
        await sql.Migrator.MigrateAsync(default);

        Assert.Equal(["1", "2", "3", "4", "5", "6"], await sql.QueryAsync<string>(AppliedVersions));
    }

    [SuiteFact]
    public async Task Instances_that_start_at_once_apply_each_migration_once_and_log_how_far_they_are()
    {
        using var log = new CapturedLog();
        await sql.ExecuteAsync("DROP TABLE flowquota_schema");
        await sql.ExecuteAsync("DROP TABLE token_quota_logs");
        await sql.ExecuteAsync("DROP TABLE access_tokens");

        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() => sql.LoggingMigrator(log).MigrateAsync(default))));

        Assert.Equal(["1", "2", "3", "4", "5", "6"], await sql.QueryAsync<string>(AppliedVersions));
        string[] lines = [.. log.Lines.Where(line => line.StartsWith("Information:", StringComparison.Ordinal)).Select(line => line["Information: ".Length..].Trim())];
        Assert.Equal(
            [
                "Schema migration 1 of 6 (create tables) begins", "Schema migration 2 of 6 (changes once) begins", "Schema migration 3 of 6 (periods) begins",
                "Schema migration 4 of 6 (reservations) begins", "Schema migration 5 of 6 (tokens) begins", "Schema migration 6 of 6 (usage) begins",
            ],
            lines[..^1]);
        Assert.Matches(@"^Schema migrations applied: 6, in \d+ s$", lines[^1]);
        var store = new SqlQuotaLogStore(sql.Dialect, TimeProvider.System, NullLogger<SqlQuotaLogStore>.Instance);
        Assert.Equal(0, await store.WriteAsync([Samples.NewEntry(Samples.NewTokenId(), 1)], default));
    }

    [SuiteFact]
    public async Task The_probe_sees_each_table_and_each_column_that_is_not_there()
    {
        await sql.Migrator.MigrateAsync(default);
        await sql.Dialect.ProbeAsync(default);
        foreach (var (table, column) in await sql.QueryAsync<(string Table, string Column)>(Columns))
        {
            await sql.ExecuteAsync($"ALTER TABLE {table} RENAME COLUMN {column} TO elsewhere");
            var failure = await Assert.ThrowsAsync<SqlUnavailableException>(() => sql.Dialect.ProbeAsync(default));
            await sql.ExecuteAsync($"ALTER TABLE {table} RENAME COLUMN elsewhere TO {column}");

            Assert.True(failure.IsLasting, $"{table}.{column}: {failure.InnerException}");
        }

        await sql.Dialect.ProbeAsync(default);
    }

    /// <summary>Reads table and column of everything that the migrations made.</summary>
    protected abstract string Columns { get; }
}
