namespace FlowQuota.Quotas;

/// <summary>A call that was admitted and recorded, and whose outcome is still to come.</summary>
/// <param name="TokenId">The public id.</param>
/// <param name="Cost">Units taken.</param>
/// <param name="RequestId">The request.</param>
/// <param name="Event">The audit event as the admission wrote it, JSON; the outcome repeats it and adds to it.</param>
/// <param name="Run">The run of the Redis server that admitted it, or an earlier one; '' = not known.</param>
public sealed record AdmittedCall(string TokenId, int Cost, string RequestId, string Event, string Run);
