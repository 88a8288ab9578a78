using FlowQuota.Sandbox.Protocol;

namespace FlowQuota.Sandbox.Running;

/// <summary>A run's outcome, and whether the process is worth keeping after it.</summary>
/// <param name="Outcome">The outcome of the run.</param>
/// <param name="IsSpoilt">True if the run took so much memory that a fresh process is better than this one.</param>
internal readonly record struct ScriptResult(ExecutionOutcome Outcome, bool IsSpoilt);
