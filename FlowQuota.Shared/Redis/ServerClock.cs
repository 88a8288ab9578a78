namespace FlowQuota.Redis;

/// <summary>
/// A lower bound of a Redis server's clock: its last reading plus the time since then. With it a local instant can be given
/// to a script, which compares it with the server's own clock.
/// </summary>
/// <param name="time">The local clock. Only its timestamps are used, so setting the clock has no effect here.</param>
internal sealed class ServerClock(TimeProvider time)
{
    // Two clocks that are set by NTP drift apart by less than 0.5 ms in a second.
    private static readonly TimeSpan MaxAge = TimeSpan.FromSeconds(10);

    private volatile Reading? _last;

    /// <summary>Whether it was read a short time ago.</summary>
    public bool IsFresh => _last is { } last && time.GetElapsedTime(last.ReceivedAt) < MaxAge;

    /// <summary>Stores a reading.</summary>
    /// <param name="milliseconds">The server's time, in ms since 1970.</param>
    public void Set(long milliseconds) => _last = new Reading(milliseconds, time.GetTimestamp());

    /// <summary>
    /// The earliest time that the server's clock can show at an instant, in ms since 1970, unless it is set back.
    /// </summary>
    /// <param name="timestamp">A timestamp of the local clock.</param>
    /// <exception cref="InvalidOperationException">It was never read.</exception>
    public long EarliestAt(long timestamp)
    {
        var last = _last ?? throw new InvalidOperationException("The server's clock was not read.");
        return last.Milliseconds + (long)Math.Floor((double)(timestamp - last.ReceivedAt) * 1000 / time.TimestampFrequency);
    }

    private sealed record Reading(long Milliseconds, long ReceivedAt);
}
