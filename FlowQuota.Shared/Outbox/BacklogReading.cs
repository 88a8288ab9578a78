namespace FlowQuota.Outbox;

/// <summary>A backlog and when it was read.</summary>
/// <param name="State">What waited.</param>
/// <param name="ReadAt">Timestamp of the <see cref="TimeProvider"/>.</param>
internal sealed record BacklogReading(BacklogState State, long ReadAt);
