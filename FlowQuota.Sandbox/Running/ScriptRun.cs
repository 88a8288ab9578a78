using System.Diagnostics;
using FlowQuota.Sandbox.Guards;
using FlowQuota.Sandbox.Language;
using FlowQuota.Sandbox.Language.Consoles;
using FlowQuota.Sandbox.Language.Modules;
using FlowQuota.Sandbox.Language.Web;
using FlowQuota.Sandbox.Limits;
using FlowQuota.Sandbox.Protocol;
using Jint;
using Jint.Native;
using Jint.Runtime;

namespace FlowQuota.Sandbox.Running;

/// <summary>One run of a script, from its source to its outcome.</summary>
internal sealed class ScriptRun(
    RunLimits limits,
    EngineFactory engines,
    ScriptCache scripts,
    ModuleStore? modules,
    RetainedMemory memory,
    string code,
    ReadOnlyMemory<byte> input)
{
    /// <summary>Longest message or stack in an outcome, in characters.</summary>
    public const int MaxMessageLength = 2000;

    // The rest of the stack is the reserve, and unwinding needs it. If a frame of the engine catches and rethrows, as those of
    // generators do, the runtime keeps the old frames and puts some 25 KB on top of each 1.5 KB of them.
    private const int StackUsePermitted = Worker.StackBytes / 4;

    private readonly RunLog _log = new(limits);
    private readonly long _startedAt = Stopwatch.GetTimestamp();

    /// <summary>Runs the code on the calling thread; the time limit counts from now.</summary>
    public ScriptResult Execute()
    {
        RunBudget? budget = null;
        memory.Enter();
        try
        {
            var script = scripts.Get(code);
            using var engine = engines.Create();
            budget = engine.Constraints.Find<RunBudget>()!;
            budget.Begin(engine, limits, memory, _startedAt, StackUsePermitted);
            return new ScriptResult(Execute(engine, budget, script), IsSpoilt: false);
        }
        catch (ScriptSyntaxException refused)
        {
            return new ScriptResult(Failed(ErrorTypes.Syntax, refused.Message), IsSpoilt: false);
        }
        catch (Exception stopped)
        {
            // A limit that was hit is the reason, whatever exception the engine made of it.
            var outcome = Stopped(budget?.Stop ?? StopReason.None) ?? Explain(stopped);
            // A refused allocation was never made, so it leaves no memory behind.
            return new ScriptResult(outcome, IsSpoilt: GC.GetTotalMemory(forceFullCollection: false) > limits.MaxMemoryBytes);
        }
    }

    private ExecutionOutcome Execute(Engine engine, RunBudget budget, UserScript script)
    {
        var text = new ValueText(engine, budget, limits.MaxLogLineLength);
        var ending = new ScriptCompletion();
        var rejections = new UnhandledRejections(engine);
        var timers = new TimerQueue(engine, budget);
        var console = new ConsoleObject(_log, budget, new ConsoleFormat(engine, budget, text, limits.MaxLogLineLength));
        Globals.Install(engine, budget, input, console, new WebGlobals(engine, budget, timers, modules), MayUse);
        try
        {
            var start = engine.Evaluate(script.Script);
            engine.Call(start, ending.Functions(engine));
            engine.Advanced.ProcessTasks();
            // Timers that are set after the code's own promise has settled never run.
            while (ending.Kind == ScriptCompletionKind.None && timers.RunNext())
                engine.Advanced.ProcessTasks();
            budget.CheckClock();
            if (ending.Kind != ScriptCompletionKind.Threw && rejections.First is { } reason)
                return Failed(ErrorTypes.Runtime, $"Unhandled rejection: {text.Of(reason)}", text.StackOf(reason));
            return ending.Kind switch
            {
                ScriptCompletionKind.Returned => Returned(engine, budget, ending.Value),
                ScriptCompletionKind.Threw => Threw(text, ending.Value),
                ScriptCompletionKind.None => Failed(ErrorTypes.Timeout, "The code waits for something that can never happen"),
                _ => throw new InvalidOperationException($"A script cannot end as {ending.Kind}"),
            };
        }
        catch (JavaScriptException thrown)
        {
            return Threw(text, thrown.Error);
        }

        // A package's code is not in the source, and may name anything.
        bool MayUse(string word) => modules is not null || script.Contains(word);
    }

    private ExecutionOutcome Returned(Engine engine, RunBudget budget, JsValue value)
    {
        if (value.IsSymbol() || value.IsCallable())
            return Failed(ErrorTypes.Result, $"The result is a {(value.IsSymbol() ? "symbol" : "function")}, which JSON cannot hold");
        try
        {
            var json = BoundedJson.WriteUtf8(engine, budget, value, limits.MaxResultBytes) ?? "null"u8.ToArray();
            budget.CheckClock();
            return new ExecutionOutcome.Succeeded(json, _log.Snapshot(), Duration);
        }
        catch (JsonTooLongException)
        {
            return Failed(ErrorTypes.Result, $"The result is larger than {limits.MaxResultBytes} bytes");
        }
        catch (JavaScriptException unserialisable)
        {
            string reason = new ValueText(engine, budget, MaxMessageLength).Of(unserialisable.Error);
            return Failed(ErrorTypes.Result, $"The result cannot be written as JSON: {reason}");
        }
    }

    private ExecutionOutcome.Failed Threw(ValueText text, JsValue error)
    {
        string message = text.Of(error);
        return Failed(ErrorTypes.Runtime, error is Jint.Native.Error.ErrorInstance ? message : $"Uncaught {message}", text.StackOf(error));
    }

    private ExecutionOutcome.Failed? Stopped(StopReason stop) => stop switch
    {
        StopReason.None => null,
        StopReason.Timeout => limits.TooLong(_log.Snapshot(), Duration),
        StopReason.Waiting => Failed(ErrorTypes.Timeout, $"The code waits for a timer that is due after its {limits.Timeout.TotalMilliseconds:0} ms"),
        StopReason.Memory => limits.TooMuchMemory(_log.Snapshot(), Duration),
        StopReason.Stack => RunLimits.TooDeep(_log.Snapshot(), Duration),
        StopReason.Statements => Failed(ErrorTypes.Timeout, $"The code executed more than {limits.MaxStatements} statements"),
        _ => throw new ArgumentOutOfRangeException(nameof(stop), stop, null),
    };

    private ExecutionOutcome.Failed Explain(Exception stopped) => stopped switch
    {
        MemoryLimitExceededException or OutOfMemoryException => limits.TooMuchMemory(_log.Snapshot(), Duration),
        RecursionDepthOverflowException or InsufficientExecutionStackException => RunLimits.TooDeep(_log.Snapshot(), Duration),
        System.Text.RegularExpressions.RegexMatchTimeoutException =>
            Failed(ErrorTypes.Timeout, "A regular expression took too long"),
        JintException refused => Failed(ErrorTypes.Runtime, refused.Message),
        // A defect of the engine that this code triggers counts as the code's failure; no internal detail is returned.
        _ => Failed(ErrorTypes.Runtime, $"The engine cannot run this code ({stopped.GetType().Name})"),
    };

    private TimeSpan Duration => Stopwatch.GetElapsedTime(_startedAt);

    private ExecutionOutcome.Failed Failed(string type, string message, string? stack = null) => new(
        type,
        SafeText.Truncate(message, MaxMessageLength),
        stack is null ? null : SafeText.Truncate(stack, MaxMessageLength),
        _log.Snapshot(),
        Duration);
}
