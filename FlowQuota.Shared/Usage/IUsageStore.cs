using FlowQuota.Errors;

namespace FlowQuota.Usage;

/// <summary>Reads usage.</summary>
/// <remarks>Every member throws <see cref="StoreUnavailableException"/> when SQL cannot be reached.</remarks>
public interface IUsageStore
{
    /// <summary>Up to when every row is counted, UTC; null if nothing was rolled up yet.</summary>
    Task<DateTime?> ReadCompleteUntilAsync(CancellationToken cancellationToken);

    /// <summary>Reads usage, by bucket and group, in their order. Buckets and groups without any are left out.</summary>
    Task<IReadOnlyList<UsageFigures>> ReadAsync(UsageQuery query, CancellationToken cancellationToken);
}
