using System.Collections.Concurrent;
using FlowQuota.Outbox;
using FlowQuota.Redis;

namespace FlowQuota.Tests.Apps;

/// <summary>A doorbell that starts no drain and records that it was rung.</summary>
public sealed class RecordingDoorbell : IDoorbell
{
    private readonly ConcurrentQueue<(OutboxKind Kind, int Partition, TimeSpan Delay)> _rung = new();
    private readonly ConcurrentQueue<string?> _traceParents = new();

    public IReadOnlyList<(OutboxKind Kind, int Partition, TimeSpan Delay)> Rung => [.. _rung];

    /// <summary>The traces of the calls that rang, in W3C form; null = not traced.</summary>
    public IReadOnlyList<string?> TraceParents => [.. _traceParents];

    public Task RingAsync(OutboxKind kind, int partition, TimeSpan delay, string? traceParent, CancellationToken cancellationToken)
    {
        _traceParents.Enqueue(traceParent);
        _rung.Enqueue((kind, partition, delay));
        return Task.CompletedTask;
    }

    public Task ProbeAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
