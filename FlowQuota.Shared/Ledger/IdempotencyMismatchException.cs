namespace FlowQuota.Ledger;

/// <summary>A request has the id of an earlier one with other content; nothing was done.</summary>
public sealed class IdempotencyMismatchException() : Exception("The id of this request was used for another one.");
