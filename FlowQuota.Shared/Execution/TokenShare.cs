namespace FlowQuota.Execution;

/// <summary>One token's part of <see cref="ExecutionSlots"/>; written under their lock.</summary>
/// <param name="tokenId">The token.</param>
/// <param name="window">How many of its calls may have entered at first.</param>
internal sealed class TokenShare(string tokenId, int window)
{
    /// <summary>The token's public id.</summary>
    public string TokenId => tokenId;

    /// <summary>How many of its calls have entered.</summary>
    public int Entered { get; set; }

    /// <summary>How many of its calls wait to enter.</summary>
    public int Waiting { get; set; }

    /// <summary>How many workers its long runs hold.</summary>
    public int Held { get; set; }

    /// <summary>How many of its calls may have entered and not ended.</summary>
    public int Window { get; set; } = window;

    /// <summary>Until when it is served separately; a timestamp, 0 = it is not.</summary>
    public long SlowUntil { get; set; }

    /// <summary>How long its last run took; the estimate for the next one.</summary>
    public TimeSpan LastRun { get; set; }

    /// <summary>Whether a recent run took very long or ended its worker.</summary>
    public bool IsSlow => SlowUntil != 0;
}
