using FlowQuota.Errors;

namespace FlowQuota.Retention;

/// <summary>The right to clean up, held until disposed.</summary>
/// <remarks>Every member throws <see cref="StoreUnavailableException"/> when SQL cannot be reached.</remarks>
public interface ICleanupSession : IAsyncDisposable
{
    /// <summary>Continues the run that was not completed, or starts a new one.</summary>
    /// <param name="now">When it starts.</param>
    /// <param name="retentionDays">Stored with the run.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    Task StartRunAsync(DateTime now, int retentionDays, CancellationToken cancellationToken);

    /// <summary>
    /// Drops the oldest partition of which every row was made before <paramref name="cutoff"/>: one metadata operation.
    /// </summary>
    /// <returns>How many rows it held; null if there is no such partition.</returns>
    Task<long?> DropExpiredPartitionAsync(DateTime cutoff, CancellationToken cancellationToken);

    /// <summary>Removes up to <paramref name="batchSize"/> of the oldest rows made before <paramref name="cutoff"/>.</summary>
    /// <returns>How many were removed; fewer than <paramref name="batchSize"/> = no more are left.</returns>
    Task<int> DeleteBatchAsync(DateTime cutoff, int batchSize, CancellationToken cancellationToken);

    /// <summary>Whether <see cref="IRetentionStore.StopRunAsync"/> has ended the run of this session.</summary>
    Task<bool> IsStoppedAsync(CancellationToken cancellationToken);

    /// <summary>Records that nothing is left to remove.</summary>
    Task CompleteRunAsync(DateTime now, CancellationToken cancellationToken);

    /// <summary>Makes the partitions for <paramref name="today"/> and some days ahead, if the server has partitions.</summary>
    /// <returns>False if the catch-all holds so many rows that splitting it would block the writers.</returns>
    Task<bool> TryAddPartitionsAsync(DateTime today, CancellationToken cancellationToken);

    /// <summary>
    /// Deletes the records of requests before an instant, because a repeat of one of them is a new request; and the reservations
    /// whose time was over before it.
    /// </summary>
    Task ForgetRequestsAsync(DateTime before, CancellationToken cancellationToken);
}
