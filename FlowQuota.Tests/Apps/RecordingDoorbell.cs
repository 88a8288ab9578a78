using System.Collections.Concurrent;
using FlowQuota.Outbox;

namespace FlowQuota.Tests.Apps;

/// <summary>A doorbell that wakes nobody and remembers that it was rung.</summary>
public sealed class RecordingDoorbell : IDoorbell
{
    private readonly ConcurrentQueue<(OutboxKind Kind, int Partition, TimeSpan Delay)> _rung = new();

    public IReadOnlyList<(OutboxKind Kind, int Partition, TimeSpan Delay)> Rung => [.. _rung];

    public Task RingAsync(OutboxKind kind, int partition, TimeSpan delay, CancellationToken cancellationToken)
    {
        _rung.Enqueue((kind, partition, delay));
        return Task.CompletedTask;
    }

    public Task ProbeAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
