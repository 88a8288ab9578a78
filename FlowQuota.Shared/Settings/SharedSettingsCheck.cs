using System.Data.Common;
using FlowQuota.Storage;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace FlowQuota.Settings;

/// <summary>
/// Refuses the start of an instance that is set up differently from those before it; if the stores are down at the start,
/// ends it as soon as they are up.
/// </summary>
internal sealed partial class SharedSettingsCheck(
    SharedSettings shared, IHostApplicationLifetime lifetime, TimeProvider time, ILogger<SharedSettingsCheck> logger) : BackgroundService
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan RetryPause = TimeSpan.FromSeconds(1);

    private bool _isDone;

    /// <inheritdoc/>
    /// <exception cref="SettingException">A setting differs.</exception>
    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        _isDone = await TryAsync(cancellationToken);
        await base.StartAsync(cancellationToken);
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!_isDone)
        {
            await Task.Delay(RetryPause, time, stoppingToken);
            try
            {
                _isDone = await TryAsync(stoppingToken);
            }
            catch (SettingException e)
            {
                LogRefused(logger, e.Message);
                Environment.ExitCode = 1;
                lifetime.StopApplication();
                return;
            }
        }
    }

    private async Task<bool> TryAsync(CancellationToken cancellationToken)
    {
        // Each by itself: one of them may know while the other is away.
        var redis = TryAsync(shared.CheckAsync(cancellationToken), cancellationToken);
        var sql = TryAsync(shared.CheckSqlAsync(cancellationToken), cancellationToken);
        return await redis & await sql;
    }

    private async Task<bool> TryAsync(Task check, CancellationToken cancellationToken)
    {
        try
        {
            await check.WaitAsync(Timeout, time, cancellationToken);
            return true;
        }
        // A missing schema is SQL's failure, too: the readiness says what to do.
        catch (Exception e) when (e is StoreUnavailableException or TimeoutException or DbException)
        {
            LogWaiting(logger, e.Message);
            return false;
        }
    }

    [LoggerMessage(Level = LogLevel.Critical, Message = "This instance ends: {Reason}")]
    private static partial void LogRefused(ILogger logger, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Whether this instance is set up as the others is not known yet: {Reason}")]
    private static partial void LogWaiting(ILogger logger, string reason);
}
