namespace FlowQuota.SelfHost.Hosting;

/// <summary>Messages that become due one after the other.</summary>
/// <param name="time">Only its timestamps are used: a clock that is set back must not hold a message up.</param>
internal sealed class DelayedQueue(TimeProvider time)
{
    private readonly Lock _lock = new();
    private readonly PriorityQueue<QueuedMessage, long> _messages = new();
    private TaskCompletionSource _added = New();

    public void Add(QueuedMessage message, TimeSpan delay)
    {
        lock (_lock)
        {
            _messages.Enqueue(message, time.GetTimestamp() + (long)(delay.TotalSeconds * time.TimestampFrequency));
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
                if (_messages.TryPeek(out _, out long due))
                {
                    wait = time.GetElapsedTime(time.GetTimestamp(), due);
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
