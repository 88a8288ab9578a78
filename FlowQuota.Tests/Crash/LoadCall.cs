namespace FlowQuota.Tests.Crash;

/// <summary>One call of the load and its response.</summary>
/// <param name="TokenId">The public id.</param>
/// <param name="RequestId">The caller's id of it.</param>
/// <param name="Kind">consume, execute or change.</param>
/// <param name="Cost">The units it takes; 0 for a change.</param>
/// <param name="Status">HTTP status; null if there was no response.</param>
public sealed record LoadCall(string TokenId, string RequestId, string Kind, int Cost, int? Status);
