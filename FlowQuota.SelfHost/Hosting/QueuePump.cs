using System.Reflection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace FlowQuota.SelfHost.Hosting;

/// <summary>Hands the messages of each queue to its function, one at a time.</summary>
internal sealed partial class QueuePump(IQueueSource source, IServiceProvider services, TimeProvider time, ILogger<QueuePump> logger) : BackgroundService
{
    private static readonly TimeSpan OutagePause = TimeSpan.FromSeconds(1);

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Task.WhenAll(FunctionCatalog.Queues.Select(function => PumpAsync(function.Method, function.Name, function.Trigger.QueueName, stoppingToken)));

    private async Task PumpAsync(MethodInfo method, string name, string queue, CancellationToken stoppingToken)
    {
        bool isAway = false;
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                var message = await source.ReceiveAsync(queue, stoppingToken);
                isAway = false;
                await HandleAsync(method, name, message, stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                // Queue storage is unavailable. Logged once; until it is back, the sweep drains.
                if (!isAway)
                    LogAway(logger, queue, e.Message.ReplaceLineEndings(" "));
                isAway = true;
                await Task.Delay(OutagePause, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private async Task HandleAsync(MethodInfo method, string name, QueuedMessage message, CancellationToken stoppingToken)
    {
        bool isDone = false;
        try
        {
            await FunctionInvoker.InvokeAsync(services, method, message.Text, stoppingToken);
            isDone = true;
        }
        catch (Exception e) when (!stoppingToken.IsCancellationRequested)
        {
            LogFailed(logger, name, e);
        }

        await (isDone ? source.CompleteAsync(message, CancellationToken.None) : source.AbandonAsync(message, CancellationToken.None));
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Queue {Queue} cannot be read: {Reason}")]
    private static partial void LogAway(ILogger logger, string queue, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "Function {Name} failed")]
    private static partial void LogFailed(ILogger logger, string name, Exception exception);
}
