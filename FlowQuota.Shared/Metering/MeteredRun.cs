using FlowQuota.Admission;
using FlowQuota.Sandbox.Protocol;

namespace FlowQuota.Metering;

/// <summary>The result of a call to run code.</summary>
/// <param name="Status">The last step that it reached.</param>
/// <param name="Admission">The decision; null if the call was never admitted.</param>
/// <param name="Outcome">The outcome of the code; null unless <see cref="MeteredRunStatus.Completed"/> or <see cref="MeteredRunStatus.Replayed"/>.</param>
public sealed record MeteredRun(MeteredRunStatus Status, AdmissionResult? Admission = null, ExecutionOutcome? Outcome = null)
{
    /// <summary>True if the outcome is that of an earlier run under the same key, and its result and logs were too long to be kept.</summary>
    public bool IsResultOmitted { get; init; }
}
