using FlowQuota.Sandbox.Language.Dates;
using FlowQuota.Sandbox.Limits;
using FlowQuota.Sandbox.Protocol;
using Jint;

namespace FlowQuota.Sandbox.Running;

/// <summary>Makes the engine of one run: no CLR, no compiling of strings, no modules, and all of Jint's limits.</summary>
internal sealed class EngineFactory
{
    // Jint keeps at most 16 bytes for an element of an array.
    private const int BytesPerElement = 16;
    private const int MaxJsonDepth = 512;

    private readonly Options _options = new();

    public EngineFactory(RunLimits limits)
    {
        _options.Constraint(static () => new RunBudget());
        // In addition to the budget, because only Jint knows the length of a string that is concatenated but not copied yet.
        _options.LimitMemory(limits.MaxMemoryBytes);
        _options.LimitRecursion(limits.MaxRecursion);
        _options.Constraints.StackOverflowGuard = true;
        _options.Constraints.MaxArraySize = (uint)Math.Clamp(limits.MaxMemoryBytes / BytesPerElement, 1, int.MaxValue);
        _options.Constraints.RegexTimeout = RegexTimeout(limits);
        // A promise that is still pending when nothing is left to run never settles, so there is nothing to wait for.
        _options.Constraints.PromiseTimeout = TimeSpan.FromMilliseconds(1);
        _options.Json.MaxParseDepth = MaxJsonDepth;
        _options.Modules.ModuleLoader = new NoModules();
        _options.AgentCanSuspend = false;
        _options.DisableStringCompilation();
        _options.Interop.BuildCallStackHandler = StackFrame.Describe;
        _options.Culture = System.Globalization.CultureInfo.InvariantCulture;
        _options.TimeZone = TimeZoneInfo.Utc;
        _options.TimeSystem = new NodeTime();
    }

    /// <summary>One match of a regular expression may not exceed the run's time by much; no reasonable one needs a second.</summary>
    public static TimeSpan RegexTimeout(RunLimits limits) =>
        limits.Timeout < TimeSpan.FromSeconds(1) ? limits.Timeout : TimeSpan.FromSeconds(1);

    /// <summary>A new engine, with nothing of ours in it yet.</summary>
    public Engine Create() => new(_options);
}
