namespace FlowQuota.Execution;

/// <summary>
/// Runs JavaScript with Jint, a fresh engine for each call, on threads of its own. Thread-safe; one for a process.
/// </summary>
/// <remarks>
/// An <c>await</c> of something that can never happen ends at once as <c>TimeoutError</c>, and so does code that
/// executes more than <see cref="ExecutionLimits.MaxStatements"/>: both are runs that would not end by themselves.
/// Recursion that goes too deep is a <c>RuntimeError</c>.
/// </remarks>
public sealed class JintCodeExecutor : ICodeExecutor, IDisposable
{
    // How long after its time-out a run may still take to notice; it notices between two statements, so a run that needs
    // longer is inside one native call.
    private static readonly TimeSpan Grace = TimeSpan.FromMilliseconds(500);

    // Callers hold a slot and there are as many threads, so a long wait is rare: all threads are stuck, or the machine is.
    private static readonly TimeSpan QueuePatience = TimeSpan.FromSeconds(5);

    private readonly ExecutionLimits _limits;
    private readonly TimeProvider _time;
    private readonly ScriptCache _scripts;
    private readonly EngineFactory _engines;
    private readonly HeldMemory _held;
    private readonly ExecutionThreads _threads;

    /// <summary>Starts the executor's threads.</summary>
    /// <param name="limits">What each run may use.</param>
    /// <param name="time">The clock of the time-out and of durations; the system's where null.</param>
    public JintCodeExecutor(ExecutionLimits limits, TimeProvider? time)
    {
        _limits = limits;
        _time = time ?? TimeProvider.System;
        _engines = new EngineFactory(limits);
        _scripts = new ScriptCache(limits.ScriptCacheSize, code => UserScript.Parse(code, EngineFactory.RegexTimeout(limits)));
        _held = new HeldMemory(limits.MaxMemoryBytes, _time);
        _threads = new ExecutionThreads(limits.MaxConcurrency, limits.Timeout + Grace, limits.Timeout + Grace + QueuePatience);
    }

    /// <summary>
    /// How many threads are inside a native call that no limit can interrupt, past their run's time-out; 0 is healthy.
    /// </summary>
    public int StalledThreads => _threads.GivenUp;

    /// <inheritdoc />
    /// <exception cref="InvalidOperationException">The platform's fault: no thread was free to even start the code.</exception>
    public Task<ExecutionOutcome> ExecuteAsync(string code, ReadOnlyMemory<byte> input, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var run = new ExecutionRun(new ScriptRun(_limits, _time, _engines, _scripts, _held, code, input), cancellationToken);
        _threads.Add(run);
        return run.Outcome;
    }

    /// <summary>Lets the threads end once what is queued has run.</summary>
    public void Dispose()
    {
        _threads.Dispose();
        _held.Dispose();
    }
}
