namespace FlowQuota.Tests.Apps;

/// <summary>The real clock, which a test sets; its timestamps and timers go on as always.</summary>
public sealed class SettableClock : TimeProvider
{
    /// <summary>How much later than the real time it is.</summary>
    public TimeSpan Offset { get; set; }

    public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + Offset;
}
