using System.Collections.Concurrent;
using System.Data.Common;

namespace FlowQuota.Storage.Sql;

/// <summary>
/// Connections that stay as they are between two uses, so that the statements prepared on them stay prepared: a pool resets
/// a connection, and so forgets them. For the drains, which write batch after batch and are few.
/// </summary>
internal sealed class KeptConnections : IDisposable
{
    // The server ends an idle session after a minute (wait_timeout), and complains in its log.
    private static readonly TimeSpan LongestIdle = TimeSpan.FromSeconds(30);

    private readonly Func<CancellationToken, Task<DbConnection>> _open;
    private readonly ConcurrentStack<(DbConnection Connection, long Since)> _idle = new();
    private readonly ITimer _timer;
    private volatile bool _isDisposed;

    /// <param name="open">Opens a connection that belongs to no pool.</param>
    public KeptConnections(Func<CancellationToken, Task<DbConnection>> open)
    {
        _open = open;
        _timer = TimeProvider.System.CreateTimer(_ => CloseIdle(LongestIdle), null, LongestIdle / 2, LongestIdle / 2);
    }

    /// <summary>One that was kept, or a new one; to be given back to <see cref="Keep"/> if nothing went wrong with it, and closed otherwise.</summary>
    public async Task<DbConnection> TakeAsync(CancellationToken cancellationToken) =>
        _idle.TryPop(out var kept) ? kept.Connection : await _open(cancellationToken);

    /// <summary>Keeps a connection for the next use.</summary>
    public void Keep(DbConnection connection)
    {
        _idle.Push((connection, TimeProvider.System.GetTimestamp()));
        if (_isDisposed) CloseIdle(TimeSpan.Zero);
    }

    /// <summary>Closes all that are not in use: after a server was gone, each of them would fail once.</summary>
    public void Clear() => CloseIdle(TimeSpan.Zero);

    /// <inheritdoc/>
    public void Dispose()
    {
        _isDisposed = true;
        _timer.Dispose();
        Clear();
    }

    private void CloseIdle(TimeSpan longerThan)
    {
        List<(DbConnection, long)> young = [];
        while (_idle.TryPop(out var kept))
        {
            if (TimeProvider.System.GetElapsedTime(kept.Since) >= longerThan)
                kept.Connection.Dispose();
            else
                young.Add(kept);
        }

        young.Reverse();
        if (young.Count > 0) _idle.PushRange([.. young]);
    }
}
