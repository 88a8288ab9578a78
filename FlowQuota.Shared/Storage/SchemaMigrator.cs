using Dapper;
using EvolveDb;
using FlowQuota.Storage.Sql;
using Microsoft.Extensions.Logging;

namespace FlowQuota.Storage;

/// <summary>Runs the SQL files of this version that a database has not seen, and makes the log's partitions ahead.</summary>
/// <param name="dialect">The server.</param>
/// <param name="clock">Which day it is.</param>
/// <param name="logger">Hears of what was applied.</param>
public sealed partial class SchemaMigrator(SqlDialect dialect, TimeProvider clock, ILogger<SchemaMigrator> logger) : ISchemaMigrator
{
    private const string LockName = "migrate";

    // Longer than any migration takes; another instance at work is the only thing waited for.
    private static readonly TimeSpan LockWait = TimeSpan.FromMinutes(1);

    /// <inheritdoc/>
    public async Task MigrateAsync(CancellationToken cancellationToken)
    {
        // Our own lock and not Evolve's, which is one for the whole server, polled every three seconds, and none on SQLite.
        await using var held = await dialect.TryLockAsync(LockName, LockWait, cancellationToken)
            ?? throw new StoreUnavailableException("SQL", new TimeoutException($"Another instance has been migrating for {LockWait}."));

        var evolve = new Evolve(held.Connection, message => LogEvolve(logger, message))
        {
            EmbeddedResourceAssemblies = [typeof(SchemaMigrator).Assembly],
            EmbeddedResourceFilters = [dialect.MigrationsPrefix],
            MetadataTableName = "flowquota_schema",
            IsEraseDisabled = true,
            EnableClusterMode = false,
            CommandTimeout = (int)LockWait.TotalSeconds,
        };

        try
        {
            // Evolve has no asynchronous way.
            await dialect.OnceAsync(
                token => Task.Run(
                    () =>
                    {
                        evolve.Migrate();
                        return evolve.NbMigration;
                    },
                    token),
                cancellationToken);

            // Before the first rows come: a catch-all that is still empty is split at no cost.
            if (dialect.LogPartitions is { } partitions)
            {
                await dialect.OnceAsync(
                    token => partitions.TryAddDaysAsync(held.Connection, clock.GetUtcNow().UtcDateTime, token), cancellationToken);
            }
        }
        catch (SqlUnavailableException failed) when (failed.Failure == SqlFailure.NotAllowed)
        {
            // If the account may only read and write, a DBA has run infra/sql/init.sql; if not, this fails.
            await dialect.OnceAsync(token => held.Connection.ExecuteAsync(new CommandDefinition(SchemaProbe.ReadNothing, cancellationToken: token)), cancellationToken);
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
