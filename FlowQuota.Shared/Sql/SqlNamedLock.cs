using System.Data;
using System.Data.Common;
using Dapper;

namespace FlowQuota.Sql;

/// <summary>A lock that this instance holds until disposal.</summary>
/// <param name="connection">
/// A connection for the work under the lock. On MySQL it is the one that holds the lock, so if it breaks, the work ends
/// together with the lock.
/// </param>
/// <param name="file">The file that holds the lock; null if the connection does.</param>
internal sealed class SqlNamedLock(DbConnection connection, FileStream? file) : IAsyncDisposable
{
    /// <summary>The connection for the work under the lock.</summary>
    public DbConnection Connection { get; } = connection;

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await using var connection = Connection;
        if (file is not null)
            await file.DisposeAsync();
        else
            await ReleaseAsync();
    }

    // The server releases the lock with the connection, but only some time after this side has closed it.
    private async Task ReleaseAsync()
    {
        if (Connection.State != ConnectionState.Open) return;

        try
        {
            await Connection.ExecuteAsync("DO RELEASE_ALL_LOCKS()");
        }
        catch (DbException)
        {
            // The session is closed, and its locks are released.
        }
    }
}
