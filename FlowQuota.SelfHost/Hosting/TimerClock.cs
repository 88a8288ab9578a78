using System.Reflection;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using NCrontab;

namespace FlowQuota.SelfHost.Hosting;

/// <summary>Runs the timer-triggered functions by their schedules, in UTC as Azure does.</summary>
internal sealed partial class TimerClock(IServiceProvider services, TimeProvider time, ILogger<TimerClock> logger) : BackgroundService
{
    private static readonly CrontabSchedule.ParseOptions WithSeconds = new() { IncludingSeconds = true };

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Task.WhenAll(FunctionCatalog.Timers.Select(function => RunAsync(function.Method, function.Name, function.Trigger.Schedule, stoppingToken)));

    private async Task RunAsync(MethodInfo method, string name, string schedule, CancellationToken stoppingToken)
    {
        var crontab = CrontabSchedule.Parse(schedule, WithSeconds);
        var due = crontab.GetNextOccurrence(time.GetUtcNow().UtcDateTime);
        while (true)
        {
            var wait = due - time.GetUtcNow().UtcDateTime;
            if (wait > TimeSpan.Zero)
                await Task.Delay(wait, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (stoppingToken.IsCancellationRequested)
                return;

            try
            {
                await FunctionInvoker.InvokeAsync(services, method, new TimerInfo(), stoppingToken);
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                // It runs again at its next time.
                LogFailed(logger, name, e);
            }

            // A delay may end a little early; the occurrence that was due is never run twice.
            var now = time.GetUtcNow().UtcDateTime;
            due = crontab.GetNextOccurrence(now > due ? now : due);
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "Function {Name} failed")]
    private static partial void LogFailed(ILogger logger, string name, Exception exception);
}
