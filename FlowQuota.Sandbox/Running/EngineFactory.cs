using FlowQuota.Sandbox.Language.Dates;
using FlowQuota.Sandbox.Limits;
using FlowQuota.Sandbox.Protocol;
using Jint;

namespace FlowQuota.Sandbox.Running;

/// <summary>Makes the engine of one run: no CLR, no compiling of strings, no modules, and every limit that Jint has.</summary>
internal sealed class EngineFactory
{
    // Jint keeps 16 bytes for an element of an array at the most.
    private const int BytesPerElement = 16;
    private const int MaxJsonDepth = 512;

    private readonly Options _options = new();

    public EngineFactory(RunLimits limits)
    {
        _options.Constraint(static () => new RunBudget());
        // Beside the budget, for what only Jint knows: how long a string is that is added up but not copied yet.
        _options.LimitMemory(limits.MaxMemoryBytes);
        _options.LimitRecursion(limits.MaxRecursion);
        _options.Constraints.StackOverflowGuard = true;
        _options.Constraints.MaxArraySize = (uint)Math.Clamp(limits.MaxMemoryBytes / BytesPerElement, 1, int.MaxValue);
        _options.Constraints.RegexTimeout = RegexTimeout(limits);
        // Whatever is still pending when nothing is left to run will never settle; there is nothing to wait for.
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

    /// <summary>One match of a regular expression may not outlast the run by much; none that is sane needs a second.</summary>
    public static TimeSpan RegexTimeout(RunLimits limits) =>
        limits.Timeout < TimeSpan.FromSeconds(1) ? limits.Timeout : TimeSpan.FromSeconds(1);

    /// <summary>A new engine, with nothing of ours in it yet.</summary>
    public Engine Create() => new(_options);
}
