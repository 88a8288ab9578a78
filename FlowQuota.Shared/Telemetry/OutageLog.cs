namespace FlowQuota.Telemetry;

/// <summary>
/// Keeps a message that an outage would repeat for every call to one line in a while, which says how many messages it stands
/// for. Thread-safe.
/// </summary>
/// <param name="time">Measures the pause.</param>
/// <param name="pause">Between two lines; null = a second.</param>
public sealed class OutageLog(TimeProvider time, TimeSpan? pause = null)
{
    private readonly TimeSpan _pause = pause ?? TimeSpan.FromSeconds(1);
    private readonly Lock _lock = new();
    private long _writtenAt = long.MinValue;
    private int _waiting;

    /// <summary>Counts a message.</summary>
    /// <param name="things">How many things it would have told of, 1 or more.</param>
    /// <returns>How many things a line that is written now tells of; 0 = write none.</returns>
    public int Count(int things = 1)
    {
        lock (_lock)
        {
            _waiting += things;
            long now = time.GetTimestamp();
            if (_writtenAt != long.MinValue && time.GetElapsedTime(_writtenAt, now) < _pause)
                return 0;
            _writtenAt = now;
            int count = _waiting;
            _waiting = 0;
            return count;
        }
    }
}
