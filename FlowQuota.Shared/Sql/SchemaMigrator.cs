using Dapper;
using EvolveDb;
using FlowQuota.Errors;
using Microsoft.Extensions.Logging;

namespace FlowQuota.Sql;

/// <summary>
/// Applies the migrations of this version that a database does not have, and makes the log's partitions ahead.
/// </summary>
/// <param name="dialect">The server.</param>
/// <param name="clock">The clock for the present day, and for the lines about a migration that takes long.</param>
/// <param name="logger">Logs the applied migrations.</param>
public sealed partial class SchemaMigrator(SqlDialect dialect, TimeProvider clock, ILogger<SchemaMigrator> logger)
{
    private const string LockName = "migrate";

    // How long another instance that migrates is waited for before the caller tries again.
    private static readonly TimeSpan LockWait = TimeSpan.FromMinutes(1);

    // A change of a large log may copy it.
    private static readonly TimeSpan LongestStatement = TimeSpan.FromHours(6);

    /// <summary>Applies them. A migration that has begun is finished before a cancellation takes effect.</summary>
    /// <exception cref="StoreUnavailableException">SQL cannot be reached, or another instance migrates.</exception>
    public async Task MigrateAsync(CancellationToken cancellationToken)
    {
        // Our own lock, because Evolve's is one for the whole server, is polled every three seconds, and does not exist on
        // SQLite.
        await using var held = await dialect.TryLockAsync(LockName, LockWait, cancellationToken)
            ?? throw new StoreUnavailableException("SQL", new TimeoutException($"Another instance has been migrating for {LockWait}."));

        var evolve = new Evolve(held.Connection, message => LogEvolve(logger, message))
        {
            EmbeddedResourceAssemblies = [typeof(SchemaMigrator).Assembly],
            EmbeddedResourceFilters = [dialect.MigrationsPrefix],
            MetadataTableName = "flowquota_schema",
            IsEraseDisabled = true,
            EnableClusterMode = false,
            CommandTimeout = (int)LongestStatement.TotalSeconds,
        };

        try
        {
            await dialect.OnceAsync(
                async token =>
                {
                    await new PendingMigrations(evolve, clock, logger).ApplyAsync(token);
                    return true;
                },
                cancellationToken);

            // Before the first rows are written, because an empty catch-all is split at no cost.
            if (dialect.LogPartitions is { } partitions)
            {
                await dialect.OnceAsync(
                    token => partitions.TryAddDaysAsync(held.Connection, clock.GetUtcNow().UtcDateTime, token), cancellationToken);
            }
        }
        catch (SqlUnavailableException failed) when (failed.Failure == SqlFailure.NotAllowed)
        {
            // If the account may only read and write, a DBA must have run infra/sql/init.sql; otherwise this fails.
            await dialect.OnceAsync(token => held.Connection.ExecuteAsync(dialect.Command(SqlStatement.ProbeColumns, null, token)), cancellationToken);
            LogNotAllowed(logger, failed.InnerException!.Message);
        }
    }

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "The SQL account may not change the schema, which is taken as it is: {Reason}")]
    private static partial void LogNotAllowed(ILogger logger, string reason);

    [LoggerMessage(Level = LogLevel.Debug, Message = "Schema: {Message}")]
    private static partial void LogEvolve(ILogger logger, string message);
}
