namespace FlowQuota.Retention;

/// <summary>The audit log as retention sees it, and the record of what was removed.</summary>
/// <remarks>Every member throws <see cref="Storage.StoreUnavailableException"/> when SQL cannot be reached.</remarks>
public interface IRetentionStore
{
    /// <summary>Reads what was done so far.</summary>
    Task<CleanupHistory> ReadHistoryAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Takes the right to clean up, which one instance has at a time; null where another has it. A process that dies
    /// loses it at once.
    /// </summary>
    Task<ICleanupSession?> TryBeginAsync(CancellationToken cancellationToken);
}
