namespace FlowQuota.Client;

/// <summary>What became of one call of a batch.</summary>
/// <param name="Status">What became of it.</param>
/// <param name="ErrorType">Why it was refused, such as <c>QuotaExceeded</c> or <c>IdempotencyMismatch</c>; null otherwise.</param>
public sealed record BatchItemResult(BatchItemStatus Status, string? ErrorType = null);
