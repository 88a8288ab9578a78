using System.Data.Common;
using FlowQuota.Errors;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace FlowQuota.Hosting;

/// <summary>
/// Refuses the start of an instance whose settings differ from those of earlier instances. If the stores are down at the
/// start, stops the instance as soon as they are up.
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
        // Each store separately, because one may have the settings while the other is down.
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
        // A missing schema is a failure of SQL, too; the readiness check says what to do.
        catch (Exception e) when (e is StoreUnavailableException or TimeoutException or DbException)
        {
            LogWaiting(logger, e.Message);
            return false;
        }
    }

    [LoggerMessage(Level = LogLevel.Critical, Message = "This instance ends: {Reason}")]
    private static partial void LogRefused(ILogger logger, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Cannot compare this instance's settings with those of the others yet: {Reason}")]
    private static partial void LogWaiting(ILogger logger, string reason);
}
