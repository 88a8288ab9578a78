using FlowQuota.Errors;

namespace FlowQuota.Usage;

/// <summary>The right to roll up, held until disposed. What a member did is done, whatever comes after it.</summary>
/// <remarks>Every member throws <see cref="StoreUnavailableException"/> when SQL cannot be reached.</remarks>
public interface IUsageRollupSession : IAsyncDisposable
{
    /// <summary>
    /// Notes which quarters of an hour are to be counted again: those with a row that came since, however old it is, and those
    /// so young that a call in them may have got its outcome since.
    /// </summary>
    /// <param name="longestRun">How long after its admission the outcome of a call may come.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    Task NoteChangesAsync(TimeSpan longestRun, CancellationToken cancellationToken);

    /// <summary>The oldest quarter of an hour that is to be counted again; null if there is none.</summary>
    Task<DateTime?> FindOldestNotedAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Counts the rows of a noted quarter of an hour and replaces its usage by that, unless retention may have removed some of the
    /// rows, or the usage is past its own retention.
    /// </summary>
    /// <param name="start">Its start, UTC.</param>
    /// <param name="keptFrom">Usage before this is not kept.</param>
    /// <param name="now">The present, UTC.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    Task RecountAsync(DateTime start, DateTime keptFrom, DateTime now, CancellationToken cancellationToken);

    /// <summary>Records up to when every row is counted.</summary>
    Task SetCompleteUntilAsync(DateTime completeUntil, CancellationToken cancellationToken);

    /// <summary>Removes the oldest quarter of an hour of usage, if it is before an instant.</summary>
    /// <returns>False if there was none to remove.</returns>
    Task<bool> RemoveQuarterAsync(DateTime before, CancellationToken cancellationToken);
}
