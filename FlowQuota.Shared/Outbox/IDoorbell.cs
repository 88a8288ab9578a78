using FlowQuota.Errors;
using FlowQuota.Redis;

namespace FlowQuota.Outbox;

/// <summary>
/// Wakes a drain. The message names only the outbox: the data stay in the outbox until SQL has them, so a doorbell that is
/// lost, doubled or damaged costs latency and nothing else.
/// </summary>
public interface IDoorbell
{
    /// <summary>Rings so that a drain of this outbox starts after the delay.</summary>
    /// <param name="kind">Which outbox.</param>
    /// <param name="partition">Which partition of it.</param>
    /// <param name="delay">The batching window.</param>
    /// <param name="traceParent">W3C <c>traceparent</c> of the call that rang; null = it is not traced.</param>
    /// <param name="cancellationToken">Cancels the sending.</param>
    Task RingAsync(OutboxKind kind, int partition, TimeSpan delay, string? traceParent, CancellationToken cancellationToken);

    /// <summary>Fails if the doorbell could not ring now.</summary>
    /// <param name="cancellationToken">Cancels the attempt.</param>
    /// <exception cref="StoreUnavailableException">It cannot; the exception names the reason.</exception>
    Task ProbeAsync(CancellationToken cancellationToken);
}
