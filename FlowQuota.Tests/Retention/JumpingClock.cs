namespace FlowQuota.Tests.Retention;

/// <summary>A clock that a wait advances at once, so pauses cost nothing and a deadline is reached without sleeping.</summary>
public sealed class JumpingClock(DateTime start) : TimeProvider
{
    private readonly Lock _gate = new();
    private DateTime _now = start;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public void Advance(TimeSpan by)
    {
        lock (_gate) _now += by;
    }

    public override DateTimeOffset GetUtcNow()
    {
        lock (_gate) return _now;
    }

    public override long GetTimestamp() => GetUtcNow().Ticks;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        if (dueTime < TimeSpan.Zero) return System.CreateTimer(callback, state, dueTime, period);
        Advance(dueTime);
        return System.CreateTimer(callback, state, TimeSpan.Zero, Timeout.InfiniteTimeSpan);
    }
}
