using Dapper;
using FlowQuota.Sql;
using FlowQuota.Tests.Apps;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace FlowQuota.Tests.Storage;

/// <summary>A database of its own with our schema, dropped at the end.</summary>
public abstract class SqlFixture : IAsyncLifetime
{
    public SqlDialect Dialect { get; private set; } = null!;

    public SchemaMigrator Migrator => new(Dialect, TimeProvider.System, NullLogger<SchemaMigrator>.Instance);

    /// <summary>A migrator whose log is kept.</summary>
    public SchemaMigrator LoggingMigrator(CapturedLog log, TimeProvider? clock = null) =>
        new(Dialect, clock ?? TimeProvider.System, new LoggerFactory([log]).CreateLogger<SchemaMigrator>());

    /// <summary>Why the tests are skipped; null if they run.</summary>
    public virtual string? SkipReason => null;

    public async Task InitializeAsync()
    {
        if (SkipReason is not null) return;

        Dialect = await CreateDatabaseAsync();
        await Migrator.MigrateAsync(default);
    }

    public async Task DisposeAsync()
    {
        if (Dialect is null) return;

        Dialect.Dispose();
        await DropDatabaseAsync();
    }

    /// <summary>Runs a statement of the test's own.</summary>
    public async Task ExecuteAsync(string sql, object? values = null)
    {
        await using var connection = await Dialect.OpenAsync(default);
        await connection.ExecuteAsync(sql, values);
    }

    /// <summary>Reads rows with a query of the test's own.</summary>
    public async Task<IReadOnlyList<T>> QueryAsync<T>(string sql, object? values = null)
    {
        await using var connection = await Dialect.OpenAsync(default);
        return [.. await connection.QueryAsync<T>(sql, values)];
    }

    /// <summary>Makes the database, empty.</summary>
    protected abstract Task<SqlDialect> CreateDatabaseAsync();

    /// <summary>Removes it.</summary>
    protected abstract Task DropDatabaseAsync();
}
