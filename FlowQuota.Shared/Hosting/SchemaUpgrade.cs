using FlowQuota.Errors;
using FlowQuota.Settings;
using FlowQuota.Sql;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace FlowQuota.Hosting;

/// <summary>Upgrades the schema at the start (<c>DATABASE_MIGRATE</c>); if SQL is down, as soon as it is up.</summary>
public sealed partial class SchemaUpgrade(
    SchemaMigrator migrator, FlowQuotaSettings settings, TimeProvider time, ILogger<SchemaUpgrade> logger) : BackgroundService
{
    private static readonly TimeSpan RetryPause = TimeSpan.FromSeconds(2);

    private bool _isDone;

    /// <inheritdoc/>
    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        // The first attempt is awaited, so that with SQL up the first request finds the tables.
        if (settings.MigrateDatabase)
            _isDone = await TryAsync(cancellationToken);
        await base.StartAsync(cancellationToken);
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (settings.MigrateDatabase && !_isDone)
        {
            await Task.Delay(RetryPause, time, stoppingToken);
            _isDone = await TryAsync(stoppingToken);
        }
    }

    private async Task<bool> TryAsync(CancellationToken cancellationToken)
    {
        try
        {
            await migrator.MigrateAsync(cancellationToken);
            return true;
        }
        catch (StoreUnavailableException e)
        {
            LogWaiting(logger, e.InnerException?.Message.ReplaceLineEndings(" ") ?? e.Message);
            return false;
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The database schema waits for SQL: {Reason}")]
    private static partial void LogWaiting(ILogger logger, string reason);
}
