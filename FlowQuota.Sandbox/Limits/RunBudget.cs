using System.Diagnostics;
using System.Runtime.CompilerServices;
using FlowQuota.Sandbox.Protocol;
using Jint;
using Jint.Constraints;
using Jint.Runtime;

namespace FlowQuota.Sandbox.Limits;

/// <summary>
/// The rest of one run's limits. Jint checks it before each statement and each body of a function, and inside long native
/// loops. Unlike Jint's own constraints it covers the whole run, not one entry into the engine. Once exceeded it stays
/// exceeded: code cannot escape a limit by catching the exception.
/// </summary>
internal sealed class RunBudget : Constraint
{
    // Reading the clock costs as much as a statement, so it is read at every eighth statement.
    private const int ClockInterval = 8;

    // Memory is checked each time another quarter of the limit has been allocated, so an overrun is detected at most that late.
    private const int ChecksPerLimit = 4;

    private RunLimits _limits = new();
    private RetainedMemory? _memory;
    private MemoryLimitConstraint? _concatenations;
    private long _deadline = long.MaxValue;
    private long _allocatedAtStart;
    private long _nextCheck = long.MaxValue;
    private long _stackUsePermitted = long.MaxValue;
    private nint _stackAtStart;
    private int _statements;
    private int _untilClock = ClockInterval;

    /// <summary>Why the run must end.</summary>
    public StopReason Stop { get; private set; }

    /// <summary>False, because counting statements and measuring the stack need every step.</summary>
    public override bool IsAmortizable => false;

    /// <summary>Bytes that one result may take; never negative.</summary>
    public long MemoryLeft => Math.Max(_limits.MaxMemoryBytes / 2, _limits.MaxMemoryBytes - Allocated);

    private long Allocated => GC.GetAllocatedBytesForCurrentThread() - _allocatedAtStart;

    /// <summary>Starts the budget, on the thread that runs the code.</summary>
    public void Begin(Engine engine, RunLimits limits, RetainedMemory memory, long startedAt, long stackUsePermitted)
    {
        _limits = limits;
        _memory = memory;
        _concatenations = engine.Constraints.Find<MemoryLimitConstraint>();
        _deadline = startedAt + (long)(limits.Timeout.TotalSeconds * Stopwatch.Frequency);
        _allocatedAtStart = GC.GetAllocatedBytesForCurrentThread();
        _nextCheck = limits.MaxMemoryBytes / ChecksPerLimit;
        _stackUsePermitted = stackUsePermitted;
        _stackAtStart = StackAddress();
    }

    /// <inheritdoc />
    public override void Check()
    {
        if (Stop != StopReason.None)
            throw new ExecutionCanceledException();
        if (++_statements > _limits.MaxStatements)
            End(StopReason.Statements);
        if (Allocated is var allocated && allocated > _nextCheck)
            CheckMemory(allocated);
        if (_stackAtStart - StackAddress() > _stackUsePermitted)
            End(StopReason.Stack);
        if (--_untilClock <= 0)
            CheckClock();
    }

    /// <summary>Ends the run unless it may retain this many more bytes. Called before a big native allocation.</summary>
    public void Require(double bytes)
    {
        if (bytes > _limits.MaxMemoryBytes || (bytes > _limits.MaxMemoryBytes - Allocated && _memory!.IsTooMuch(bytes)))
            End(StopReason.Memory);
    }

    /// <summary>Ends the run if its time is up, however recently the clock was read.</summary>
    public void CheckClock()
    {
        _untilClock = ClockInterval;
        if (Stopwatch.GetTimestamp() >= _deadline)
            End(StopReason.Timeout);
        ForgetConcatenations();
    }

    /// <summary>Does work whose result the process keeps for other runs: the run is charged for its time, not its memory.</summary>
    /// <param name="work">The work; it runs no code of the script.</param>
    /// <param name="retained">Bytes of its result.</param>
    public T Exempt<T>(Func<T> work, Func<T, long> retained)
    {
        long allocated = GC.GetAllocatedBytesForCurrentThread();
        var result = work();
        _allocatedAtStart += GC.GetAllocatedBytesForCurrentThread() - allocated;
        _memory!.Exclude(retained(result));
        CheckClock();
        return result;
    }

    /// <summary>Waits, or ends the run at once if its time would run out before.</summary>
    /// <param name="due">A timestamp of <see cref="Stopwatch"/>.</param>
    public void WaitUntil(long due)
    {
        if (due >= _deadline)
            End(StopReason.Waiting);
        while (due - Stopwatch.GetTimestamp() is var ticks and > 0)
            Thread.Sleep((int)Math.Ceiling(ticks * 1000.0 / Stopwatch.Frequency));
        CheckClock();
    }

    /// <summary>Does nothing: the budget covers the run, but the engine calls this at every entry.</summary>
    public override void Reset()
    {
    }

    private void CheckMemory(long allocated)
    {
        long limit = _limits.MaxMemoryBytes;
        ForgetConcatenations();
        if (allocated > limit && _memory!.IsTooMuch())
            End(StopReason.Memory);
        long next = allocated + (limit / ChecksPerLimit);
        // Never past the limit in one step, because the heap must be measured at the limit.
        _nextCheck = allocated < limit ? Math.Min(next, limit) : next;
    }

    // Jint's own limit counts allocations, garbage too. It is needed for a single string that would be too long.
    private void ForgetConcatenations() => _concatenations?.Reset();

    private void End(StopReason stop)
    {
        Stop = stop;
        throw new ExecutionCanceledException();
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static nint StackAddress()
    {
        byte here = 0;
        return Unsafe.ByteOffset(ref Unsafe.NullRef<byte>(), ref here);
    }
}
