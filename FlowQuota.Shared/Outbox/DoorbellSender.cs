using System.Diagnostics;
using System.Threading.Channels;
using FlowQuota.Redis;
using FlowQuota.Telemetry;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace FlowQuota.Outbox;

/// <summary>
/// Rings doorbells in the background, so that no call waits for the queue service. If it is down, the failure is logged and
/// counted, and the sweep drains the outbox.
/// </summary>
public sealed partial class DoorbellSender(IDoorbell doorbell, FlowQuotaMetrics metrics, ILogger<DoorbellSender> logger) : FlushOnStopService
{
    /// <summary>Changes within this period are drained together.</summary>
    public static readonly TimeSpan BatchingWindow = TimeSpan.FromSeconds(1);

    private readonly Channel<(OutboxKind Kind, int Partition, TimeSpan Delay, Activity? Cause)> _due =
        Channel.CreateBounded<(OutboxKind, int, TimeSpan, Activity?)>(new BoundedChannelOptions(4096) { FullMode = BoundedChannelFullMode.DropWrite });

    /// <summary>Queues a doorbell; never waits and never fails.</summary>
    /// <param name="kind">Which outbox.</param>
    /// <param name="partition">Which partition of it.</param>
    /// <param name="delay">When the drain is to start; null = after <see cref="BatchingWindow"/>.</param>
    /// <param name="cause">The Activity to link the drain to; null = the current one, if it is traced.</param>
    public void Ring(OutboxKind kind, int partition, TimeSpan? delay = null, Activity? cause = null) =>
        _due.Writer.TryWrite((kind, partition, delay ?? BatchingWindow, cause ?? FlowQuotaMetrics.TracedActivity));

    /// <summary>Queues the doorbells that a script reported as due.</summary>
    /// <param name="partition">The partition that the script ran in.</param>
    /// <param name="sync">The script's reply for <c>ring:sync</c>; 1 = due.</param>
    /// <param name="audit">The script's reply for <c>ring:audit</c>; 1 = due.</param>
    /// <param name="cause">The Activity to link the drain to; null = the current one, if it is traced.</param>
    internal void RingIfDue(int partition, RedisValue sync, RedisValue audit, Activity? cause = null)
    {
        if (sync == 1)
            Ring(OutboxKind.Sync, partition, cause: cause);
        if (audit == 1)
            Ring(OutboxKind.Audit, partition, cause: cause);
    }

    /// <inheritdoc/>
    protected override async Task FinishAsync(CancellationToken cancellationToken)
    {
        // Doorbells that are due are still rung, because only this process knows of them.
        _due.Writer.TryComplete();
        if (ExecuteTask is { } ringing)
            await Task.WhenAny(ringing, Task.Delay(TimeSpan.FromSeconds(3), cancellationToken));
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await foreach (var (kind, partition, delay, cause) in _due.Reader.ReadAllAsync(stoppingToken))
        {
            try
            {
                string? traceParent = cause is { IdFormat: ActivityIdFormat.W3C } ? cause.Id : null;
                await doorbell.RingAsync(kind, partition, delay, traceParent, stoppingToken);
                metrics.Doorbell(kind.Name, "rung");
            }
            catch (Exception e) when (e is not OperationCanceledException || !stoppingToken.IsCancellationRequested)
            {
                metrics.Doorbell(kind.Name, "failed");
                LogFailed(logger, kind, partition, e.Message.ReplaceLineEndings(" "));
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Doorbell {Kind}/{Partition} could not be rung, the sweep will drain instead: {Reason}")]
    private static partial void LogFailed(ILogger logger, OutboxKind kind, int partition, string reason);
}
