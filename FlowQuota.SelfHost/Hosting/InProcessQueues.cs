using System.Collections.Concurrent;
using FlowQuota.Outbox;

namespace FlowQuota.SelfHost.Hosting;

/// <summary>Doorbells within this process, where no storage account is set. They may be lost with it; the sweep is there for that.</summary>
internal sealed class InProcessQueues(TimeProvider time) : IDoorbell, IQueueSource
{
    private const int MaxTries = 5;
    private static readonly TimeSpan RetryPause = TimeSpan.FromSeconds(10);

    private readonly ConcurrentDictionary<string, DelayedQueue> _queues = new();

    public Task RingAsync(OutboxKind kind, int partition, TimeSpan delay, CancellationToken cancellationToken)
    {
        string queue = DoorbellMessage.QueueOf(kind);
        Of(queue).Add(new QueuedMessage(queue, DoorbellMessage.Write(partition), Tries: 1), delay);
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

    private DelayedQueue Of(string queue) => _queues.GetOrAdd(queue, _ => new DelayedQueue(time));
}
