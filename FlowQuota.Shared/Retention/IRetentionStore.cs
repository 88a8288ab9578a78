using FlowQuota.Errors;

namespace FlowQuota.Retention;

/// <summary>The audit log for retention, and the history of cleanups.</summary>
/// <remarks>Every member throws <see cref="StoreUnavailableException"/> when SQL cannot be reached.</remarks>
public interface IRetentionStore
{
    /// <summary>Reads the history of cleanups.</summary>
    Task<CleanupHistory> ReadHistoryAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Takes the right to clean up, which one instance has at a time; null if another has it. A process that dies loses it at
    /// once.
    /// </summary>
    Task<ICleanupSession?> TryBeginAsync(CancellationToken cancellationToken);
}
