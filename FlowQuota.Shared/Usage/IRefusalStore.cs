using FlowQuota.Errors;

namespace FlowQuota.Usage;

/// <summary>Keeps the counts of refused calls, in <c>usage_refusals</c>.</summary>
public interface IRefusalStore
{
    /// <summary>Writes counts. A stored count that is greater stays, so writing again, or an older count, changes nothing.</summary>
    /// <exception cref="StoreUnavailableException">SQL cannot be reached.</exception>
    Task WriteAsync(IReadOnlyList<RefusalCount> counts, CancellationToken cancellationToken);
}
