using System.Data.Common;

namespace FlowQuota.Storage.Sql;

/// <summary>The daily partitions of <c>token_quota_logs</c>, on servers that have them.</summary>
internal interface ILogPartitions
{
    /// <summary>
    /// Drops the oldest partition whose rows are all older than <paramref name="cutoff"/>.
    /// </summary>
    /// <returns>How many rows it held; null where no partition is wholly expired.</returns>
    Task<long?> DropOldestExpiredAsync(DbConnection connection, DateTime cutoff, CancellationToken cancellationToken);

    /// <summary>
    /// Makes the partitions for <paramref name="today"/> and some days ahead by splitting the catch-all, unless so many
    /// rows are in it already that copying them would hold up the writers.
    /// </summary>
    /// <returns>False where that was so.</returns>
    Task<bool> TryAddDaysAsync(DbConnection connection, DateTime today, CancellationToken cancellationToken);
}
