namespace FlowQuota.Storage.Redis;

/// <summary>
/// What a Redis server's clock shows, as far as this process knows: at least its last reading and the time since then. So an
/// instant of ours can be given to a script, which compares it with the server's own clock.
/// </summary>
/// <param name="time">Our own clock; only its timestamps are used, so that it may be set without any effect here.</param>
internal sealed class ServerClock(TimeProvider time)
{
    // Two clocks that are set by NTP drift apart by less than 0.5 ms in a second.
    private static readonly TimeSpan MaxAge = TimeSpan.FromSeconds(10);

    private volatile Reading? _last;

    /// <summary>Whether it was read, and not long ago.</summary>
    public bool IsFresh => _last is { } last && time.GetElapsedTime(last.ReceivedAt) < MaxAge;

    /// <summary>Takes a reading.</summary>
    /// <param name="milliseconds">What the server's clock showed, in ms since 1970.</param>
    public void Set(long milliseconds) => _last = new Reading(milliseconds, time.GetTimestamp());

    /// <summary>The least that the server's clock shows at an instant, in ms since 1970, unless it is set back.</summary>
    /// <param name="timestamp">A timestamp of our clock.</param>
    /// <exception cref="InvalidOperationException">It was never read.</exception>
    public long EarliestAt(long timestamp)
    {
        var last = _last ?? throw new InvalidOperationException("The server's clock was not read.");
        return last.Milliseconds + (long)Math.Floor((double)(timestamp - last.ReceivedAt) * 1000 / time.TimestampFrequency);
    }

    private sealed record Reading(long Milliseconds, long ReceivedAt);
}
