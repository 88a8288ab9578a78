using System.Diagnostics;
using FlowQuota.Fairness;
using FlowQuota.Sandbox.Protocol;
using FlowQuota.Telemetry;
using Microsoft.Extensions.Logging;

namespace FlowQuota.Execution;

/// <summary>
/// Runs callers' JavaScript in a few worker processes, so that code cannot harm this process. A worker that exceeds a limit
/// is killed and replaced. Thread-safe; one for a host process.
/// </summary>
/// <remarks>
/// Short runs are sent ahead: a worker has its next runs in its pipe while the reply to the one before is on its way,
/// because a wake-up costs more than a short run. Runs that are queued behind a long one are taken back and given to other
/// workers. See docs/sandbox.md.
/// </remarks>
public sealed class SandboxPool : IDisposable
{
    // More runs ahead save no more wake-ups.
    private const int MaxInFlight = 8;

    // A run is abandoned after this many of its workers were killed by something else.
    internal const int MaxInterruptions = 3;

    // A run is long from this duration on. Workers use half of it, so that they skip runs that are taken back from them.
    private static readonly TimeSpan LongRun = TimeSpan.FromMilliseconds(20);

    // Runs are sent ahead to a worker that is expected to finish its queued runs within this time.
    private static readonly TimeSpan MaxExpected = TimeSpan.FromMilliseconds(5);

    // Longer than any short run takes on a busy machine. From then on the run's worker yields to the others, which cannot be
    // undone, and serves the tokens whose runs take so long or end their worker.
    private static readonly TimeSpan VeryLongRun = TimeSpan.FromMilliseconds(500);

    // How long after its limit a run may still be inside one built-in function before its process is killed.
    internal static readonly TimeSpan Grace = TimeSpan.FromMilliseconds(500);

    // How long a run may continue after its caller has gone; a new process costs more.
    private static readonly TimeSpan AbandonedGrace = TimeSpan.FromMilliseconds(100);

    // A younger run had no time to allocate memory that the heap's own limit does not count.
    private static readonly TimeSpan MemoryCheckAfter = TimeSpan.FromMilliseconds(100);

    private static readonly TimeSpan ShortestWait = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan StartTimeout = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan IdleLife = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan BusyTick = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan IdleTick = TimeSpan.FromSeconds(1);

    private readonly ExecutionLimits _limits;
    private readonly ExecutionSlots _slots;
    private readonly FlowQuotaMetrics _metrics;
    private readonly SandboxLauncher _launcher;
    private readonly WorkerDeaths _deaths;
    private readonly Timer _watch;
    private readonly Lock _gate = new();
    private readonly FairQueue<SandboxRun> _waiting = new();
    private readonly List<SandboxWorker> _starting = [];
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Func<SandboxRun, bool> _maySend;
    private List<SandboxWorker> _workers = [];
    private SandboxWorker? _found;
    private bool _slowWaits;
    private TimeSpan _tick = Timeout.InfiniteTimeSpan;
    private int _launching;
    private int _launchingLowered;
    private bool _isStarted;
    private bool _isUsed;
    private bool _isClosed;

    /// <summary>Makes the pool; its first worker starts at <see cref="Start"/> or when a call first wants to run code.</summary>
    public SandboxPool(ExecutionLimits limits, ExecutionSlots slots, FlowQuotaMetrics metrics, ILogger<SandboxPool> logger)
    {
        (_limits, _slots, _metrics) = (limits, slots, metrics);
        _launcher = new SandboxLauncher(limits.Run);
        _deaths = new WorkerDeaths(logger);
        _watch = new Timer(_ => Watch());
        _maySend = MaySend;
        metrics.WatchSandbox(() => Health is var health ? (health.Ready, health.Busy) : default);
    }

    /// <summary>Completes when the first worker can run code.</summary>
    public Task Ready => _ready.Task;

    /// <summary>The state of the pool.</summary>
    public SandboxHealth Health
    {
        get
        {
            lock (_gate)
                return new SandboxHealth(_workers.Count, _workers.Count(static worker => worker.InFlight > 0), _waiting.Count, _deaths.InARow);
        }
    }

    /// <summary>The process ids of the workers that can run code.</summary>
    internal IReadOnlyList<int> ProcessIds
    {
        get
        {
            lock (_gate)
                return [.. _workers.Select(static worker => worker.ProcessId)];
        }
    }

    // How many processes share the short runs: more than there are cores would only take turns. The others serve long runs.
    private int SharedWorkers => Math.Min((_limits.MaxConcurrency + 1) / 2, Environment.ProcessorCount);

    private int LoweredWorkers => _limits.MaxConcurrency - SharedWorkers;

    /// <summary>Starts a first worker, so that the first call need not wait for it; the others start when code first runs.</summary>
    public void Start()
    {
        if (Volatile.Read(ref _isStarted))
            return;
        lock (_gate)
        {
            _isStarted = true;
            StartMissing();
        }
    }

    /// <summary>Runs code. The result of the code is an <see cref="ExecutionOutcome"/>, never an exception.</summary>
    /// <param name="slot">The call's slot.</param>
    /// <param name="code">The source in UTF-8; the caller has checked its length.</param>
    /// <param name="input">The value of <c>input</c> in the code: UTF-8 JSON; empty = <c>undefined</c>.</param>
    /// <param name="cancellationToken">Stops the run: the client disconnected or the host stops.</param>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> fired before the code ended.</exception>
    /// <exception cref="SandboxUnavailableException">No worker could run the code in time.</exception>
    public async Task<ExecutionOutcome> ExecuteAsync(
        ExecutionSlot slot, ReadOnlyMemory<byte> code, ReadOnlyMemory<byte> input, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var run = new SandboxRun(slot, new SandboxRequest(SandboxRequestKind.Run, code, input));
        List<SandboxWorker> changed;
        lock (_gate)
        {
            _isUsed = true;
            _waiting.Enqueue(slot.Share.TokenId, run);
            changed = Dispatch();
        }

        Flush(changed);
        await using (cancellationToken.UnsafeRegister(static (state, token) => ((Action<CancellationToken>)state!)(token), (Action<CancellationToken>)Cancel))
            return await run.Outcome;

        void Cancel(CancellationToken token)
        {
            Change(() =>
            {
                _waiting.Remove(slot.Share.TokenId, run);
                _workers.ForEach(worker => worker.Forget(run));
            });
            run.Cancel(token);
        }
    }

    /// <summary>How long a run waits for a worker before it is given up.</summary>
    internal static TimeSpan LongestWait(ExecutionLimits limits) => limits.SlotWait > ShortestWait ? limits.SlotWait : ShortestWait;

    /// <summary>Kills the workers.</summary>
    public void Dispose()
    {
        List<SandboxRun> unserved;
        lock (_gate)
        {
            _isClosed = true;
            unserved = _waiting.RemoveAll(static _ => true);
            foreach (var worker in _workers.Concat(_starting))
                worker.Kill(WorkerEnd.Retired);
        }

        unserved.ForEach(static run => run.Fail(new SandboxUnavailableException("The service stops")));
        _watch.Dispose();
        _launcher.Dispose();
    }

    private void Change(Action change)
    {
        List<SandboxWorker> changed;
        lock (_gate)
        {
            change();
            changed = Dispatch();
        }

        Flush(changed);
    }

    // Called after each change of the waiting runs or of a worker: queues at the workers the runs that they can take. Returns
    // these workers so that Flush can write outside the lock.
    private List<SandboxWorker> Dispatch()
    {
        _slowWaits = false;
        while (_waiting.Count > 0 && _waiting.TryDequeue(_maySend, out var next))
            _found!.Add(next);
        StartMissing();
        SetTick();
        return _workers;
    }

    private static void Flush(List<SandboxWorker> workers)
    {
        foreach (var worker in workers)
            worker.Flush();
    }

    private bool MaySend(SandboxRun run)
    {
        _found = !_slots.MayRun(run.Slot.Share) ? null : run.Slot.Share.IsSlow ? FindForSlow() : FindForShort(run);
        _slowWaits |= _found is null && run.Slot.Share.IsSlow;
        return _found is not null;
    }

    // An idle worker, or one that is expected to finish its queued runs soon.
    private SandboxWorker? FindForShort(SandboxRun run)
    {
        SandboxWorker? best = null;
        int shared = 0;
        foreach (var worker in _workers)
        {
            if (worker.IsHeld || worker.IsLowered)
                continue;
            if (worker.InFlight == 0 || MayStandBehind(worker, run))
                best = best is null || worker.InFlight < best.InFlight ? worker : best;
            if (++shared == SharedWorkers)
                break;
        }

        // If there is no other, one of lower priority is better than none.
        return shared > 0 ? best : _workers.Find(static worker => worker.InFlight == 0);
    }

    // An idle worker of lower priority.
    private SandboxWorker? FindForSlow() =>
        _workers.Find(worker => worker.InFlight == 0 && (worker.IsLowered || LoweredWorkers == 0));

    private static bool MayStandBehind(SandboxWorker worker, SandboxRun run) =>
        worker.InFlight < MaxInFlight && worker.Expected < MaxExpected && worker.UnchangedFor < LongRun
        && !worker.IsAtSlowRun && worker.HasRoomFor(run.Request);

    private void Replied(SandboxWorker worker, SandboxReply reply)
    {
        SandboxRun? replied;
        List<SandboxWorker> changed;
        lock (_gate)
        {
            replied = worker.TakeReplied();
            if (reply is { IsLast: true, Outcome: ExecutionOutcome.Failed })
                replied?.Slot.SlowDown();
            replied?.Slot.End(reply.Outcome.Duration);
            _deaths.Forget();
            if (reply.SkipsUntilResume || reply.IsLast)
            {
                Requeue(worker.TakeBack(andCurrent: true));
                worker.Resume();
            }

            if (reply.IsLast)
                Retire(worker);
            changed = Dispatch();
        }

        // The worker gets its next runs before the caller of the last one continues on this thread.
        Flush(changed);
        replied?.Complete(reply.Outcome);
    }

    private void Requeue(List<SandboxRun> runs) => runs.ForEach(run => _waiting.Enqueue(run.Slot.Share.TokenId, run));

    private void Retire(SandboxWorker worker)
    {
        worker.IsRetired = true;
        Remove(worker);
    }

    // The list is replaced, not changed, because it is enumerated outside the lock.
    private void Remove(SandboxWorker worker)
    {
        _workers = [.. _workers.Where(other => other != worker)];
        _slots.SetReady(_workers.Count);
    }

    // One worker more than share the short runs, so that losing one costs no time; and workers of lower priority if a long run
    // waits.
    private void StartMissing()
    {
        int room = _limits.MaxConcurrency + 1 - _workers.Count - _launching - _launchingLowered;
        if (room <= 0 || _isClosed || !_deaths.MayStart)
            return;
        int lowered = _workers.Count(static worker => worker.IsLowered);
        for (int missing = (_isUsed ? SharedWorkers + 1 : 1) - (_workers.Count - lowered) - _launching; missing > 0 && room > 0; missing--, room--)
            Launch(isLowered: false);
        if (_slowWaits && lowered + _launchingLowered < LoweredWorkers && room > 0)
            Launch(isLowered: true);
    }

    private void Launch(bool isLowered)
    {
        CountLaunching(isLowered, 1);
        _launcher.Start((process, folder) => Serve(process, folder, isLowered), reason => FailedToStart(reason, isLowered));
    }

    private void CountLaunching(bool isLowered, int change)
    {
        if (isLowered)
            _launchingLowered += change;
        else
            _launching += change;
    }

    private void Serve(Process process, string folder, bool isLowered)
    {
        var worker = new SandboxWorker(process);
        if (isLowered)
            worker.Lower();
        lock (_gate)
        {
            _starting.Add(worker);
            if (_isClosed)
                worker.Kill(WorkerEnd.Retired);
        }

        var end = worker.Serve(
            ready: () =>
            {
                DeleteFolder(folder);
                Change(() =>
                {
                    _starting.Remove(worker);
                    CountLaunching(isLowered, -1);
                    _workers = [.. _workers, worker];
                    _slots.SetReady(_workers.Count);
                });
                _ready.TrySetResult();
            },
            replied: reply => Replied(worker, reply));
        Ended(worker, end, isLowered);
        DeleteFolder(folder);
    }

    // A deleted folder cannot be written to, and no file remains. Windows keeps it while it is in use.
    private static void DeleteFolder(string folder)
    {
        try
        {
            Directory.Delete(folder, recursive: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It is deleted already, or in use.
        }
    }

    private void FailedToStart(Exception reason, bool isLowered)
    {
        lock (_gate)
        {
            CountLaunching(isLowered, -1);
            _deaths.Add(WorkerEnd.NotStarted, reason: reason);
            SetTick();
        }
    }

    private void Ended(SandboxWorker worker, WorkerEnd end, bool isLowered)
    {
        SandboxRun? current = null;
        Change(() =>
        {
            if (_starting.Remove(worker))
                CountLaunching(isLowered, -1);
            else if (_workers.Contains(worker))
                Remove(worker);
            current = worker.Current;
            var ranFor = worker.UnchangedFor;
            if (end is not (WorkerEnd.Retired or WorkerEnd.Abandoned))
                _deaths.Add(end, current?.Slot.Share.TokenId);
            Requeue(worker.TakeBack(andCurrent: false));
            // The next run of its token goes to a worker of lower priority.
            if (end != WorkerEnd.Killed)
                current?.Slot.SlowDown();
            current?.Slot.End(ranFor);
            if (end == WorkerEnd.Killed && current is { Interruptions: < MaxInterruptions })
            {
                // The code is not the cause: the run starts again in another worker.
                current.Interrupt();
                Requeue([current]);
                current = null;
            }

            if (end == WorkerEnd.NotStarted && !_launcher.IsInvariant)
                _launcher.IsInvariant = true;
        });
        _metrics.WorkerEnded(end.ToString());
        if (current is not null)
            Complete(current, end, worker);
    }

    private void Complete(SandboxRun run, WorkerEnd end, SandboxWorker worker)
    {
        var ranFor = worker.UnchangedFor;
        switch (end)
        {
            case WorkerEnd.Timeout:
                run.Complete(_limits.Run.TooLong([], ranFor));
                break;
            case WorkerEnd.Memory:
                run.Complete(_limits.Run.TooMuchMemory([], ranFor));
                break;
            case WorkerEnd.StackOverflow:
                run.Complete(RunLimits.TooDeep([], ranFor));
                break;
            case WorkerEnd.Killed or WorkerEnd.Abandoned or WorkerEnd.Retired or WorkerEnd.NotStarted:
                run.Fail(new SandboxUnavailableException($"The worker ended before its run: {end}"));
                break;
        }
    }

    private void Watch()
    {
        List<SandboxRun> overdue = [];
        List<SandboxWorker> toMeasure = [];
        Change(() =>
        {
            foreach (var worker in _workers)
            {
                WatchOver(worker);
                if (worker is { InFlight: > 0, KilledFor: null } && worker.UnchangedFor >= MemoryCheckAfter)
                    toMeasure.Add(worker);
            }

            foreach (var worker in _starting.Where(static worker => worker.UnchangedFor >= StartTimeout))
                worker.Kill(WorkerEnd.NotStarted);
            overdue = _waiting.RemoveAll(run => run.WaitingFor >= LongestWait(_limits));
            RetireIdle();
        });
        overdue.ForEach(static run => run.Fail(new SandboxUnavailableException("No worker came free in time")));
        foreach (var worker in toMeasure)
        {
            if (worker.ReadResidentBytes() > _launcher.MaxResidentBytes)
                worker.Kill(WorkerEnd.Memory);
        }
    }

    private void WatchOver(SandboxWorker worker)
    {
        if (worker.InFlight == 0)
            return;
        var ranFor = worker.UnchangedFor;
        if (ranFor >= LongRun && !worker.IsHeld)
        {
            worker.IsHeld = true;
            worker.Current?.Slot.Hold();
            Requeue(worker.TakeBack(andCurrent: false));
        }

        if (ranFor >= VeryLongRun && !worker.IsLowered)
        {
            worker.Current?.Slot.SlowDown();
            worker.Lower();
        }

        if (worker.Current is null && ranFor >= AbandonedGrace)
            worker.Kill(WorkerEnd.Abandoned);
        else if (ranFor >= _limits.Run.Timeout + Grace)
            worker.Kill(WorkerEnd.Timeout);
    }

    private void RetireIdle()
    {
        // A worker of lower priority is replaced at once if too few are left for short runs.
        bool isInTheWay = _workers.Count > _limits.MaxConcurrency && _workers.Count(static worker => !worker.IsLowered) < SharedWorkers;
        if (_workers.Find(worker => worker is { InFlight: 0, IsLowered: true } && (isInTheWay || worker.UnchangedFor >= IdleLife)) is not { } idle)
            return;
        idle.Close();
        Remove(idle);
    }

    private void SetTick()
    {
        var tick = _isClosed ? Timeout.InfiniteTimeSpan
            : _waiting.Count > 0 || _workers.Exists(static worker => worker.InFlight > 0) ? BusyTick
            : _workers.Count != SharedWorkers + 1 || _workers.Exists(static worker => worker.IsLowered) ? IdleTick
            : Timeout.InfiniteTimeSpan;
        if (tick == _tick)
            return;
        _tick = tick;
        _watch.Change(tick, tick);
    }
}
