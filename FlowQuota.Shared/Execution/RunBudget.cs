using System.Runtime.CompilerServices;
using Jint;
using Jint.Constraints;
using Jint.Runtime;

namespace FlowQuota.Execution;

/// <summary>
/// What is left of one run's limits. Jint asks it before each statement and each body of a function, and inside long
/// native loops. Unlike Jint's own constraints it covers the whole run, not one entry into the engine, and once it said
/// stop it says so for ever: code cannot outlive a limit by catching it.
/// </summary>
internal sealed class RunBudget : Constraint
{
    // Reading the clock costs as much as a statement; eight statements late is not late.
    private const int ClockInterval = 8;

    // A look for each quarter of the limit that is allocated: so much later than due it may see too much.
    private const int LooksPerLimit = 4;

    private ExecutionLimits _limits = new();
    private HeldMemory? _held;
    private MemoryLimitConstraint? _concatenations;
    private TimeProvider _time = TimeProvider.System;
    private CancellationToken _cancellation;
    private long _deadline = long.MaxValue;
    private long _allocatedAtStart;
    private long _nextLook = long.MaxValue;
    private long _stackUsePermitted = long.MaxValue;
    private nint _stackAtStart;
    private int _statements;
    private int _untilClock = ClockInterval;

    /// <summary>Why the run must end.</summary>
    public RunStop Stop { get; private set; }

    /// <summary>Counting, and a stack that may grow at each step, must see every step.</summary>
    public override bool IsAmortizable => false;

    /// <summary>Bytes that one result may take; never negative.</summary>
    public long MemoryLeft => Math.Max(_limits.MaxMemoryBytes / 2, _limits.MaxMemoryBytes - Allocated);

    private long Allocated => GC.GetAllocatedBytesForCurrentThread() - _allocatedAtStart;

    /// <summary>Starts the budget, on the thread that runs the code.</summary>
    public void Begin(Engine engine, ExecutionLimits limits, HeldMemory held, TimeProvider time, long startedAt, long stackUsePermitted,
        CancellationToken cancellation)
    {
        _limits = limits;
        _held = held;
        _concatenations = engine.Constraints.Find<MemoryLimitConstraint>();
        _time = time;
        _deadline = startedAt + (long)(limits.Timeout.TotalSeconds * time.TimestampFrequency);
        _allocatedAtStart = GC.GetAllocatedBytesForCurrentThread();
        _nextLook = limits.MaxMemoryBytes / LooksPerLimit;
        _stackUsePermitted = stackUsePermitted;
        _stackAtStart = StackAddress();
        _cancellation = cancellation;
    }

    /// <inheritdoc />
    public override void Check()
    {
        if (Stop != RunStop.None)
            throw new ExecutionCanceledException();
        if (++_statements > _limits.MaxStatements)
            End(RunStop.Statements);
        if (Allocated is var allocated && allocated > _nextLook)
            LookAtMemory(allocated);
        if (_stackAtStart - StackAddress() > _stackUsePermitted)
            End(RunStop.Stack);
        if (--_untilClock <= 0)
            CheckClock();
    }

    /// <summary>Ends the run unless this many more bytes may be held: asked before one big native allocation.</summary>
    public void Require(double bytes)
    {
        if (bytes > _limits.MaxMemoryBytes || (bytes > _limits.MaxMemoryBytes - Allocated && _held!.IsTooMuch(bytes)))
            End(RunStop.Memory);
    }

    /// <summary>Ends the run where time is up or the caller is gone, whatever the last look at the clock said.</summary>
    public void CheckClock()
    {
        _untilClock = ClockInterval;
        if (_cancellation.IsCancellationRequested)
            End(RunStop.Cancelled);
        if (_time.GetTimestamp() >= _deadline)
            End(RunStop.Timeout);
        ForgetConcatenations();
    }

    /// <summary>Nothing: the budget is the run's, and the engine asks for a reset at every entry.</summary>
    public override void Reset()
    {
    }

    private void LookAtMemory(long allocated)
    {
        var limit = _limits.MaxMemoryBytes;
        ForgetConcatenations();
        if (allocated > limit && _held!.IsTooMuch())
            End(RunStop.Memory);
        var next = allocated + (limit / LooksPerLimit);
        // Never past the limit in one step: that is where the heap is to be looked at first.
        _nextLook = allocated < limit ? Math.Min(next, limit) : next;
    }

    // Jint's own limit counts what is allocated, garbage too; what it is there for is one string that would be too long.
    private void ForgetConcatenations() => _concatenations?.Reset();

    private void End(RunStop stop)
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
