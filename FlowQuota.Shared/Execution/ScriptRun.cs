using Jint;
using Jint.Native;
using Jint.Runtime;

namespace FlowQuota.Execution;

/// <summary>One run of a script, from its source to its outcome.</summary>
internal sealed class ScriptRun(
    ExecutionLimits limits, TimeProvider time, EngineFactory engines, ScriptCache scripts, HeldMemory held, string code, ReadOnlyMemory<byte> input)
{
    /// <summary>Longest message or stack that is told, in characters.</summary>
    public const int MaxMessageLength = 2000;

    // The rest of the stack is the reserve, and unwinding needs it: where a frame of the engine catches and rethrows, as
    // those of generators do, the runtime keeps the old frames and puts some 25 KB on top of each 1.5 KB of them.
    private const int StackUsePermitted = ExecutionThreads.StackBytes / 64;

    /// <summary>What a run is told that recursed too deeply.</summary>
    public const string TooMuchRecursion = "RangeError: Maximum call stack size exceeded";

    private readonly RunLog _log = new(limits);
    private long _startedAt;

    /// <summary>Runs the code on the calling thread; the time-out counts from now.</summary>
    /// <exception cref="OperationCanceledException"><paramref name="cancellation"/> fired before the code ended.</exception>
    public ExecutionOutcome Execute(CancellationToken cancellation)
    {
        _startedAt = time.GetTimestamp();
        cancellation.ThrowIfCancellationRequested();
        RunBudget? budget = null;
        held.Enter();
        try
        {
            var script = scripts.Get(code);
            using var engine = engines.Create();
            budget = engine.Constraints.Find<RunBudget>()!;
            budget.Begin(engine, limits, held, time, _startedAt, StackUsePermitted, cancellation);
            return Execute(engine, budget, script);
        }
        catch (ScriptSyntaxException refused)
        {
            return Failed(ErrorTypes.Syntax, refused.Message);
        }
        catch (Exception stopped)
        {
            // A limit that was hit is the reason, whatever the engine made of it on the way out.
            return Stopped(budget?.Stop ?? RunStop.None, cancellation) ?? Explain(stopped);
        }
        finally
        {
            held.Leave(heldTooMuch: budget?.Stop is RunStop.Memory);
        }
    }

    /// <summary>What is said of a run that goes on, on its own thread, past its time-out.</summary>
    public ExecutionOutcome GivenUp() => Failed(ErrorTypes.Timeout, TimeoutMessage);

    private ExecutionOutcome Execute(Engine engine, RunBudget budget, Prepared<Acornima.Ast.Script> script)
    {
        var text = new ValueText(engine, budget, limits.MaxLogLineLength);
        var ending = new ScriptEnding();
        Globals.Install(engine, budget, input, new ConsoleObject(_log, text));
        try
        {
            var start = engine.Evaluate(script);
            engine.Call(start, ending.Functions(engine));
            engine.Advanced.ProcessTasks();
            budget.CheckClock();
            return ending.Kind switch
            {
                ScriptEndingKind.Returned => Returned(engine, budget, ending.Value),
                ScriptEndingKind.Threw => Threw(text, ending.Value),
                ScriptEndingKind.None => Failed(ErrorTypes.Timeout, "The code waits for something that can never happen"),
                _ => throw new InvalidOperationException($"A script cannot end as {ending.Kind}"),
            };
        }
        catch (JavaScriptException thrown)
        {
            return Threw(text, thrown.Error);
        }
    }

    private ExecutionOutcome Returned(Engine engine, RunBudget budget, JsValue value)
    {
        if (value.IsSymbol())
            return Failed(ErrorTypes.Result, "The result is a symbol, which JSON cannot hold");
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
            var reason = new ValueText(engine, budget, MaxMessageLength).Of(unserialisable.Error);
            return Failed(ErrorTypes.Result, $"The result cannot be written as JSON: {reason}");
        }
    }

    private ExecutionOutcome.Failed Threw(ValueText text, JsValue error)
    {
        var message = text.Of(error);
        return Failed(ErrorTypes.Runtime, error is Jint.Native.Error.ErrorInstance ? message : $"Uncaught {message}", text.StackOf(error));
    }

    private ExecutionOutcome.Failed? Stopped(RunStop stop, CancellationToken cancellation) => stop switch
    {
        RunStop.None => null,
        RunStop.Timeout => Failed(ErrorTypes.Timeout, TimeoutMessage),
        RunStop.Cancelled => throw new OperationCanceledException(cancellation),
        RunStop.Memory => TooMuchMemory(),
        RunStop.Stack => Failed(ErrorTypes.Runtime, TooMuchRecursion),
        RunStop.Statements => Failed(ErrorTypes.Timeout, $"The code executed more than {limits.MaxStatements} statements"),
        _ => throw new ArgumentOutOfRangeException(nameof(stop), stop, null),
    };

    private ExecutionOutcome.Failed Explain(Exception stopped) => stopped switch
    {
        MemoryLimitExceededException or OutOfMemoryException => TooMuchMemory(),
        RecursionDepthOverflowException or InsufficientExecutionStackException => Failed(ErrorTypes.Runtime, TooMuchRecursion),
        System.Text.RegularExpressions.RegexMatchTimeoutException =>
            Failed(ErrorTypes.Timeout, "A regular expression took too long"),
        JintException refused => Failed(ErrorTypes.Runtime, refused.Message),
        // A defect of the engine that this code found is still this code's failure, and nothing inside is told.
        _ => Failed(ErrorTypes.Runtime, $"The engine cannot run this code ({stopped.GetType().Name})"),
    };

    private ExecutionOutcome.Failed TooMuchMemory() =>
        Failed(ErrorTypes.MemoryLimit, $"The code takes more than {limits.MaxMemoryBytes} bytes of memory");

    private string TimeoutMessage => $"The code ran longer than {limits.Timeout.TotalMilliseconds:0} ms";

    private TimeSpan Duration => time.GetElapsedTime(_startedAt);

    private ExecutionOutcome.Failed Failed(string type, string message, string? stack = null) => new(
        type,
        SafeText.Cut(message, MaxMessageLength),
        stack is null ? null : SafeText.Cut(stack, MaxMessageLength),
        _log.Snapshot(),
        Duration);
}
