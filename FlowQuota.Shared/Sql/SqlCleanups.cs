using System.Data.Common;
using Dapper;

namespace FlowQuota.Sql;

/// <summary>Finds out what retention may have removed.</summary>
internal static class SqlCleanups
{
    /// <summary>The instant before which log rows may have been removed.</summary>
    /// <param name="dialect">The server.</param>
    /// <param name="connection">The connection.</param>
    /// <param name="now">The present, UTC.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    public static async Task<DateTime> ReadCleanedBeforeAsync(
        SqlDialect dialect, DbConnection connection, DateTime now, CancellationToken cancellationToken)
    {
        var ends = await connection.QueryAsync<(int Days, DateTime End)>(dialect.Command(SqlStatement.ReadCleanupEnds, new { now }, cancellationToken));
        return ends.Select(end => end.End.AddDays(-end.Days)).DefaultIfEmpty(DateTime.UnixEpoch).Max();
    }
}
