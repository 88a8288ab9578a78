namespace FlowQuota.Client;

/// <summary>One call of a batch.</summary>
/// <param name="Cost">Units, 1-1,000,000.</param>
/// <param name="Meter">A label for what was used, 1-64 of <c>A-Za-z0-9._-</c>; null = none.</param>
/// <param name="IdempotencyKey">
/// The key under which this call is charged once, in whichever batch it comes: 1-128 of <c>A-Za-z0-9._:~-</c>; null = none.
/// </param>
public sealed record BatchItem(int Cost = 1, string? Meter = null, string? IdempotencyKey = null);
