using FlowQuota.Errors;

namespace FlowQuota.Usage;

/// <summary>Rolls the log up to usage, one instance at a time.</summary>
public interface IUsageRollupStore
{
    /// <summary>Takes the right to roll up; null if another has it. A process that dies loses it at once.</summary>
    /// <exception cref="StoreUnavailableException">SQL cannot be reached.</exception>
    Task<IUsageRollupSession?> TryBeginAsync(CancellationToken cancellationToken);
}
