using FlowQuota.Storage;

namespace FlowQuota.Outbox;

/// <summary>
/// Wakes a drain. The message says only where to look: what must not be lost stays in the outbox until SQL has it, so a
/// doorbell that is lost, doubled or poisoned costs latency and nothing else.
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
    /// <exception cref="StoreUnavailableException">It could not, for the reason named.</exception>
    Task ProbeAsync(CancellationToken cancellationToken);
}
