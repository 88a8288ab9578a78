namespace FlowQuota.Client;

/// <summary>
/// How a call is repeated after a lost connection, a try that took too long, a 502, 503 or 504, and while an earlier
/// <c>execute</c> under the same key still runs (409). Nothing else is repeated.
/// </summary>
/// <remarks>
/// All tries of a call have one idempotency key and one request id, so that it is charged once. Between two tries the client waits
/// as long as <c>Retry-After</c> says, and otherwise for a random time that doubles on average. If <c>Retry-After</c> is
/// more than what is left of <see cref="TotalTimeout"/>, the call fails at once.
/// </remarks>
public sealed class FlowQuotaRetryOptions
{
    /// <summary>How often a call is repeated at most; 0 = never, 5 by default.</summary>
    public int MaxRetries { get; set; } = 5;

    /// <summary>The pause before the first repeat, on average; up to a day, 200 ms by default.</summary>
    public TimeSpan BaseDelay { get; set; } = TimeSpan.FromMilliseconds(200);

    /// <summary>The longest pause that the client chooses by itself; up to a day, 5 s by default. <c>Retry-After</c> may ask for more.</summary>
    public TimeSpan MaxDelay { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// The longest time of one try; 10 ms to a day, 10 s by default. An <c>execute</c> that runs longer goes on, and a repeat
    /// gets its result.
    /// </summary>
    public TimeSpan TryTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>The longest time of a call, with all tries and pauses; 10 ms to a day, 30 s by default.</summary>
    public TimeSpan TotalTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Checks the values.</summary>
    /// <exception cref="ArgumentException">A value is out of its range.</exception>
    internal void Check()
    {
        TimeSpan shortest = TimeSpan.FromMilliseconds(10), day = TimeSpan.FromDays(1);
        if (MaxRetries < 0)
            throw new ArgumentException($"{nameof(MaxRetries)} is {MaxRetries}; it must be 0 or more.");
        Check(nameof(BaseDelay), BaseDelay, TimeSpan.Zero, day);
        Check(nameof(MaxDelay), MaxDelay, TimeSpan.Zero, day);
        Check(nameof(TryTimeout), TryTimeout, shortest, day);
        Check(nameof(TotalTimeout), TotalTimeout, shortest, day);
    }

    private static void Check(string name, TimeSpan value, TimeSpan min, TimeSpan max)
    {
        if (value < min || value > max)
            throw new ArgumentException($"{name} is {value}; it must be from {min} to {max}.");
    }
}
