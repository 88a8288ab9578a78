using FlowQuota.Quotas;
using FlowQuota.Sandbox.Protocol;

namespace FlowQuota.Execution;

/// <summary>What became of a call to run code.</summary>
/// <param name="Status">How far it came.</param>
/// <param name="Admission">The decision; null if the call was never admitted.</param>
/// <param name="Outcome">How the code ended; null unless <see cref="MeteredRunStatus.Completed"/>.</param>
public sealed record MeteredRun(MeteredRunStatus Status, Admission? Admission = null, ExecutionOutcome? Outcome = null);
