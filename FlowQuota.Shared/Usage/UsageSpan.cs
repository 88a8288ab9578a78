namespace FlowQuota.Usage;

/// <summary>A bucket of time; both ends are starts of quarters of an hour, UTC.</summary>
/// <param name="From">Inclusive.</param>
/// <param name="Until">Exclusive.</param>
public readonly record struct UsageSpan(DateTime From, DateTime Until);
