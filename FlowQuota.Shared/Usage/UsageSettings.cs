namespace FlowQuota.Usage;

/// <summary>How usage is rolled up and kept.</summary>
/// <param name="RetentionDays">Usage older than this many days is removed (<c>USAGE_RETENTION_DAYS</c>).</param>
/// <param name="LongestRun">How long after its admission the outcome of a call may come.</param>
public sealed record UsageSettings(int RetentionDays, TimeSpan LongestRun)
{
    private static readonly TimeSpan FirstRow = TimeSpan.FromSeconds(60);

    /// <summary>
    /// How long after its time a row may change: until the outcome of its call, or as long as the first row of a token may take, which
    /// an instance writes with the time of its own clock; the difference between the clocks included.
    /// </summary>
    public TimeSpan Grace { get; init; } = LongestRun > FirstRow ? LongestRun : FirstRow;
}
