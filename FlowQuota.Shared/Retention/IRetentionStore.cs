using FlowQuota.Errors;

namespace FlowQuota.Retention;

/// <summary>The audit log for retention, and the history of cleanups.</summary>
/// <remarks>Every member throws <see cref="StoreUnavailableException"/> when SQL cannot be reached.</remarks>
public interface IRetentionStore
{
    /// <summary>Reads the history of cleanups.</summary>
    Task<CleanupHistory> ReadHistoryAsync(CancellationToken cancellationToken);

    /// <summary>Counts the rows made before <paramref name="cutoff"/>.</summary>
    /// <returns>Null if they are more than <paramref name="most"/>, which bounds the work.</returns>
    Task<int?> CountExpiredAsync(DateTime cutoff, int most, CancellationToken cancellationToken);

    /// <summary>Ends the run that is not completed, on whichever instance it is; it ends after the batch at hand.</summary>
    /// <returns>False if there is no such run.</returns>
    Task<bool> StopRunAsync(DateTime now, CancellationToken cancellationToken);

    /// <summary>
    /// Takes the right to clean up, which one instance has at a time; null if another has it. A process that dies loses it at
    /// once.
    /// </summary>
    Task<ICleanupSession?> TryBeginAsync(CancellationToken cancellationToken);
}
