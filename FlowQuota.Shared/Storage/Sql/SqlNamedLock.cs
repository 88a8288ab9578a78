using System.Data.Common;

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
        await Connection.DisposeAsync();
        if (file is not null) await file.DisposeAsync();
    }
}
