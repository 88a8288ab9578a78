using System.Reflection;
using FlowQuota.Settings;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace FlowQuota.SelfHost.Hosting;

/// <summary>Runs the timer-triggered functions by their schedules, in UTC as Azure does.</summary>
internal sealed partial class TimerScheduler(IServiceProvider services, FlowQuotaSettings settings, TimeProvider time, ILogger<TimerScheduler> logger) : BackgroundService
{
    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Task.WhenAll(FunctionCatalog.Timers.Select(function => RunAsync(function.Method, function.Name, settings.Schedules[function.Trigger.Schedule.Trim('%')], stoppingToken)));

    private async Task RunAsync(MethodInfo method, string name, TimerSchedule schedule, CancellationToken stoppingToken)
    {
        var occurrences = new Occurrences(schedule, time);
        try
        {
            while (await occurrences.NextAsync(stoppingToken))
            {
                try
                {
                    await FunctionInvoker.InvokeAsync(services, method, new TimerInfo(), stoppingToken);
                }
                catch (Exception e) when (!stoppingToken.IsCancellationRequested)
                {
                    // It runs again at its next time.
                    LogFailed(logger, name, e);
                }
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The host stops.
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "Function {Name} failed")]
    private static partial void LogFailed(ILogger logger, string name, Exception exception);
}
