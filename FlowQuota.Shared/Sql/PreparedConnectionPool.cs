using System.Collections.Concurrent;
using System.Data.Common;

namespace FlowQuota.Sql;

/// <summary>
/// Keeps connections open without a reset, so that their prepared statements stay prepared; the driver's pool would reset
/// them. For the drains, which write batch after batch and are few.
/// </summary>
internal sealed class PreparedConnectionPool : IDisposable
{
    // The server ends an idle session after a minute (wait_timeout), with a warning in its log.
    private static readonly TimeSpan LongestIdle = TimeSpan.FromSeconds(30);

    private readonly Func<CancellationToken, Task<DbConnection>> _open;
    private readonly ConcurrentStack<(DbConnection Connection, long Since)> _idle = new();
    private readonly ITimer _timer;
    private volatile bool _isDisposed;

    /// <param name="open">Opens a connection that belongs to no pool.</param>
    public PreparedConnectionPool(Func<CancellationToken, Task<DbConnection>> open)
    {
        _open = open;
        _timer = TimeProvider.System.CreateTimer(_ => CloseIdle(LongestIdle), null, LongestIdle / 2, LongestIdle / 2);
    }

    /// <summary>
    /// Returns a kept connection, or a new one. If no error occurs on it, give it back to <see cref="Keep"/>; otherwise close
    /// it.
    /// </summary>
    public async Task<DbConnection> TakeAsync(CancellationToken cancellationToken) =>
        _idle.TryPop(out var kept) ? kept.Connection : await _open(cancellationToken);

    /// <summary>Keeps a connection for the next use.</summary>
    public void Keep(DbConnection connection)
    {
        _idle.Push((connection, TimeProvider.System.GetTimestamp()));
        if (_isDisposed) CloseIdle(TimeSpan.Zero);
    }

    /// <summary>
    /// Closes all connections that are not in use, because after an outage of the server each of them would fail once.
    /// </summary>
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
