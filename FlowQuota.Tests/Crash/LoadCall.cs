namespace FlowQuota.Tests.Crash;

/// <summary>One call of the load and what its caller was told.</summary>
/// <param name="TokenId">The public id.</param>
/// <param name="RequestId">The id that the caller gave it.</param>
/// <param name="Kind">consume, execute or change.</param>
/// <param name="Cost">What it takes; 0 for a change.</param>
/// <param name="Status">HTTP status; null where no answer came.</param>
public sealed record LoadCall(string TokenId, string RequestId, string Kind, int Cost, int? Status);
