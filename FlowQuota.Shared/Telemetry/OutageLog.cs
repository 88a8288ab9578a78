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
    /// <returns>How many messages a line that is written now stands for; 0 = write none.</returns>
    public int Count()
    {
        lock (_lock)
        {
            _waiting++;
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
