using System.Collections.Concurrent;
using FlowQuota.Outbox;

namespace FlowQuota.Tests.Apps;

/// <summary>A doorbell that wakes nobody and remembers that it was rung.</summary>
public sealed class RecordingDoorbell : IDoorbell
{
    private readonly ConcurrentQueue<(OutboxKind Kind, int Partition, TimeSpan Delay)> _rung = new();
    private readonly ConcurrentQueue<string?> _traceParents = new();

    public IReadOnlyList<(OutboxKind Kind, int Partition, TimeSpan Delay)> Rung => [.. _rung];

    /// <summary>Which calls rang, in W3C form; null = one that was not traced.</summary>
    public IReadOnlyList<string?> TraceParents => [.. _traceParents];

    public Task RingAsync(OutboxKind kind, int partition, TimeSpan delay, string? traceParent, CancellationToken cancellationToken)
    {
        _traceParents.Enqueue(traceParent);
        _rung.Enqueue((kind, partition, delay));
        return Task.CompletedTask;
    }

    public Task ProbeAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
