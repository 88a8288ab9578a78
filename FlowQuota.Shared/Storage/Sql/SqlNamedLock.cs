using System.Data;
using System.Data.Common;
using Dapper;

namespace FlowQuota.Storage.Sql;

/// <summary>A lock that this instance holds until it is disposed.</summary>
/// <param name="connection">
/// A connection for the work under the lock. On MySQL it is the one that holds the lock, so where it breaks the work
/// ends with the lock instead of going on without it.
/// </param>
/// <param name="file">What else holds the lock; null where the connection does.</param>
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

    // The server would let go of it with the connection, but some time after the connection is closed on our side.
    private async Task ReleaseAsync()
    {
        if (Connection.State != ConnectionState.Open) return;

        try
        {
            await Connection.ExecuteAsync("DO RELEASE_ALL_LOCKS()");
        }
        catch (DbException)
        {
            // The session is gone, and its locks with it.
        }
    }
}
