namespace FlowQuota.SelfHost.Hosting;

/// <summary>Messages that become due one after the other.</summary>
internal sealed class DelayedQueue(TimeProvider time)
{
    private readonly Lock _lock = new();
    private readonly PriorityQueue<QueuedMessage, DateTimeOffset> _messages = new();
    private TaskCompletionSource _added = New();

    public void Add(QueuedMessage message, TimeSpan delay)
    {
        lock (_lock)
        {
            _messages.Enqueue(message, time.GetUtcNow() + delay);
            _added.TrySetResult();
        }
    }

    /// <summary>Waits for the first message that is due, and takes it.</summary>
    public async Task<QueuedMessage> TakeAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            Task added;
            var wait = Timeout.InfiniteTimeSpan;
            lock (_lock)
            {
                if (_messages.TryPeek(out _, out var due))
                {
                    wait = due - time.GetUtcNow();
                    if (wait <= TimeSpan.Zero)
                        return _messages.Dequeue();
                }

                if (_added.Task.IsCompleted)
                    _added = New();
                added = _added.Task;
            }

            // Woken by the next due time, or by a message that may be due before it.
            using var woken = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            await Task.WhenAny(added, Task.Delay(wait, time, woken.Token));
            await woken.CancelAsync();
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
