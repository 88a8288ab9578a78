using System.Collections.Concurrent;
using FlowQuota.Outbox;
using FlowQuota.Redis;

namespace FlowQuota.SelfHost.Hosting;

/// <summary>Doorbells within this process, used if no storage account is set. They are lost with it, so each run begins with one of each.</summary>
internal sealed class InProcessQueues : IDoorbell, IQueueSource
{
    private const int MaxTries = 5;
    private static readonly TimeSpan RetryPause = TimeSpan.FromSeconds(10);

    private readonly TimeProvider _time;
    private readonly ConcurrentDictionary<string, DelayedQueue> _queues = new();

    /// <param name="partitions">The number of partitions in which an earlier run may have left events.</param>
    /// <param name="time">The clock that decides when a message is due.</param>
    public InProcessQueues(int partitions, TimeProvider time)
    {
        _time = time;
        foreach (var kind in Enum.GetValues<OutboxKind>())
        {
            for (int partition = 0; partition < partitions; partition++)
                Ring(kind, partition, TimeSpan.Zero, traceParent: null);
        }
    }

    public Task RingAsync(OutboxKind kind, int partition, TimeSpan delay, string? traceParent, CancellationToken cancellationToken)
    {
        Ring(kind, partition, delay, traceParent);
        return Task.CompletedTask;
    }

    public Task ProbeAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task<QueuedMessage> ReceiveAsync(string queue, CancellationToken cancellationToken) => Of(queue).TakeAsync(cancellationToken);

    public Task CompleteAsync(QueuedMessage message, CancellationToken cancellationToken) => Task.CompletedTask;

    public Task AbandonAsync(QueuedMessage message, CancellationToken cancellationToken)
    {
        if (message.Tries < MaxTries)
            Of(message.Queue).Add(message with { Tries = message.Tries + 1 }, RetryPause);
        return Task.CompletedTask;
    }

    private void Ring(OutboxKind kind, int partition, TimeSpan delay, string? traceParent)
    {
        string queue = DoorbellMessage.QueueOf(kind);
        Of(queue).Add(new QueuedMessage(queue, DoorbellMessage.Write(partition, traceParent), Tries: 1), delay);
    }

    private DelayedQueue Of(string queue) => _queues.GetOrAdd(queue, _ => new DelayedQueue(_time));
}
