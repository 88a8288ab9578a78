using System.Data.Common;

namespace FlowQuota.Sql;

/// <summary>The daily partitions of <c>token_quota_logs</c>, on servers that have them.</summary>
internal interface ILogPartitions
{
    /// <summary>
    /// Drops the oldest partition whose rows are all older than <paramref name="cutoff"/>.
    /// </summary>
    /// <returns>How many rows it held; null if no partition is wholly expired.</returns>
    Task<long?> DropOldestExpiredAsync(DbConnection connection, DateTime cutoff, CancellationToken cancellationToken);

    /// <summary>
    /// Makes the partitions for <paramref name="today"/> and some days ahead by splitting the catch-all, unless it holds so
    /// many rows that copying them would block the writers.
    /// </summary>
    /// <returns>False if it holds too many rows.</returns>
    Task<bool> TryAddDaysAsync(DbConnection connection, DateTime today, CancellationToken cancellationToken);
}
