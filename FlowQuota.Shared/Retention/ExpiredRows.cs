using FlowQuota.Errors;

namespace FlowQuota.Retention;

/// <summary>
/// How many rows are past their retention. While a run removes them, they are counted now and then only: counting takes as
/// long as removing some batches.
/// </summary>
internal sealed class ExpiredRows(IRetentionStore store, TimeProvider clock)
{
    private static readonly TimeSpan CountEvery = TimeSpan.FromSeconds(30);

    private Counted? _last;

    /// <summary>Counts them, or subtracts from the last count what has been removed since.</summary>
    /// <param name="cutoff">Rows made before this are past their retention.</param>
    /// <param name="history">What the runs have removed so far.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>Null if they are more than <see cref="CleanupStats.MostCounted"/>.</returns>
    /// <exception cref="StoreUnavailableException">SQL cannot be reached.</exception>
    public async Task<int?> CountAsync(DateTime cutoff, CleanupHistory history, CancellationToken cancellationToken)
    {
        if (history.Unfinished is not { } run || _last is not { } last || last.RunStartedAt != run.StartedAt || clock.GetElapsedTime(last.At) >= CountEvery)
        {
            long at = clock.GetTimestamp();
            int? count = await store.CountExpiredAsync(cutoff, CleanupStats.MostCounted, cancellationToken);
            _last = last = new Counted(count, history.Unfinished?.StartedAt, history.TotalDeletedCount, at);
        }

        return last.Count is { } counted ? (int)Math.Max(0, counted - (history.TotalDeletedCount - last.TotalDeleted)) : null;
    }

    private sealed record Counted(int? Count, DateTime? RunStartedAt, long TotalDeleted, long At);
}
