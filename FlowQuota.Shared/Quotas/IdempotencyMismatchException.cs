namespace FlowQuota.Quotas;

/// <summary>A request came under the id of an earlier one that asked for something else; nothing was done.</summary>
public sealed class IdempotencyMismatchException() : Exception("The id of this request was used for another one.");
