using System.Diagnostics;
using FlowQuota.Sandbox.Protocol;
using FlowQuota.Telemetry;
using Microsoft.Extensions.Logging;

namespace FlowQuota.Execution;

/// <summary>
/// Runs callers' JavaScript in a few worker processes, so that whatever code does to its process, this one lives. A worker
/// that exceeds a limit is killed and replaced. Thread-safe; one for a host process.
/// </summary>
/// <remarks>
/// Short runs are sent ahead: a worker has its next runs in its pipe while the reply to the one before is on its way,
/// because a wake-up costs more than a short run. Runs that come to stand behind a long one are taken back and given to
/// other workers. See docs/sandbox.md.
/// </remarks>
public sealed partial class SandboxPool : IDisposable
{
    // Deeper saves no more wake-ups.
    private const int MaxInFlight = 8;

    // So long a run is not short any more. Workers use half of it, so that they skip what is taken back from them.
    private static readonly TimeSpan LongRun = TimeSpan.FromMilliseconds(20);

    // Runs of a token that are shorter let more of its calls enter at once.
    private static readonly TimeSpan ShortRun = TimeSpan.FromMilliseconds(10);

    // How long after its limit a run may still be inside one built-in function before its process is killed.
    private static readonly TimeSpan Grace = TimeSpan.FromMilliseconds(500);

    // A run whose caller has gone may end by itself for so long; a new process costs more.
    private static readonly TimeSpan AbandonedGrace = TimeSpan.FromMilliseconds(100);

    // A run younger than this has had no time to take memory that the heap's own limit does not see.
    private static readonly TimeSpan MemoryCheckAfter = TimeSpan.FromMilliseconds(100);

    private static readonly TimeSpan ShortestWait = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan StartTimeout = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan IdleLife = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan BusyTick = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan IdleTick = TimeSpan.FromSeconds(1);

    private readonly ExecutionLimits _limits;
    private readonly ExecutionSlots _slots;
    private readonly FlowQuotaMetrics _metrics;
    private readonly ILogger<SandboxPool> _logger;
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
    private TimeSpan _tick = Timeout.InfiniteTimeSpan;
    private int _launching;
    private bool _isStarted;
    private bool _isUsed;
    private bool _isClosed;

    /// <summary>Makes the pool; its first worker starts at <see cref="Start"/> or when a call first wants to run code.</summary>
    public SandboxPool(ExecutionLimits limits, ExecutionSlots slots, FlowQuotaMetrics metrics, ILogger<SandboxPool> logger)
    {
        (_limits, _slots, _metrics, _logger) = (limits, slots, metrics, logger);
        _launcher = new SandboxLauncher(limits.Run);
        _deaths = new WorkerDeaths(logger);
        _watch = new Timer(_ => Watch());
        _maySend = run => (_found = FindWorker(run)) is not null;
        metrics.WatchSandbox(() => Health);
    }

    /// <summary>Completes when the first worker can run code.</summary>
    public Task Ready => _ready.Task;

    /// <summary>How the pool does.</summary>
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

    // So many processes share the short runs: more than cores would only take turns.
    private int SharedWorkers => Math.Min(_limits.MaxConcurrency, Environment.ProcessorCount);

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

    /// <summary>Runs code. Whatever the code does is an <see cref="ExecutionOutcome"/>, never an exception.</summary>
    /// <param name="slot">The call's slot.</param>
    /// <param name="code">The source in UTF-8; the caller has checked its length.</param>
    /// <param name="input">What the code sees as <c>input</c>: UTF-8 JSON; empty = <c>undefined</c>.</param>
    /// <param name="cancellationToken">Stops the run: the client went or the host stops.</param>
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

    // After every change of what waits or what a worker has: queues at the workers what they can take.
    // Returns the workers, for Flush, which writes outside the lock.
    private List<SandboxWorker> Dispatch()
    {
        StartMissing();
        while (_waiting.Count > 0 && _waiting.TryDequeue(_maySend, out var next))
            _found!.Add(next);
        SetTick();
        return _workers;
    }

    private static void Flush(List<SandboxWorker> workers)
    {
        foreach (var worker in workers)
            worker.Flush();
    }

    // An idle worker, or, for a run that is likely to be short, one whose runs have been short so far.
    private SandboxWorker? FindWorker(SandboxRun run)
    {
        var isSlow = run.Slot.Share.IsSlow;
        if (!_slots.MayRun(run.Slot.Share))
            return null;
        SandboxWorker? best = null;
        var shared = 0;
        foreach (var worker in _workers)
        {
            if (worker.IsHeld)
                continue;
            var isShared = shared++ < SharedWorkers;
            if (worker.InFlight == 0 ? isShared || isSlow : isShared && !isSlow && MayStandBehind(worker, run))
                best = best is null || worker.InFlight < best.InFlight ? worker : best;
        }

        return best;
    }

    private static bool MayStandBehind(SandboxWorker worker, SandboxRun run) =>
        worker.InFlight < MaxInFlight && !worker.IsAtSlowRun && worker.HasRoomFor(run.Request) && worker.UnchangedFor < LongRun;

    private void Replied(SandboxWorker worker, SandboxReply reply)
    {
        SandboxRun? replied;
        List<SandboxWorker> changed;
        lock (_gate)
        {
            replied = worker.TakeReplied();
            replied?.Slot.End(wasShort: reply.Outcome.Duration < ShortRun);
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

        // The worker has its next runs before the caller of the last one continues on this thread.
        Flush(changed);
        replied?.Complete(reply.Outcome);
    }

    private void Requeue(List<SandboxRun> runs) => runs.ForEach(run => _waiting.Enqueue(run.Slot.Share.TokenId, run));

    private void Retire(SandboxWorker worker)
    {
        worker.IsRetired = true;
        Remove(worker);
    }

    // The list is replaced, not changed: others go through it outside the lock.
    private void Remove(SandboxWorker worker)
    {
        _workers = [.. _workers.Where(other => other != worker)];
        _slots.SetReady(_workers.Count);
    }

    // A worker for each core, one that is held by nothing, and one more for each that a long run holds.
    private void StartMissing()
    {
        if (_workers.Count + _launching >= _limits.MaxConcurrency)
            return;
        var wanted = _isUsed ? Math.Min(_limits.MaxConcurrency, _workers.Count(static worker => worker.IsHeld) + SharedWorkers + 1) : 1;
        while (!_isClosed && _workers.Count + _launching < wanted && _deaths.MayStart)
        {
            _launching++;
            _launcher.Start(Serve, FailedToStart);
        }
    }

    private void Serve(Process process, string folder)
    {
        var worker = new SandboxWorker(process);
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
                    _launching--;
                    _workers = [.. _workers, worker];
                    _slots.SetReady(_workers.Count);
                });
                _ready.TrySetResult();
            },
            replied: reply => Replied(worker, reply));
        Ended(worker, end);
        DeleteFolder(folder);
    }

    // Nothing can be written in a folder that is gone, and nothing stays behind. Windows keeps it while it is in use.
    private static void DeleteFolder(string folder)
    {
        try
        {
            Directory.Delete(folder, recursive: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It is gone already, or in use.
        }
    }

    private void FailedToStart(Exception reason)
    {
        LogNoProcess(_logger, reason);
        lock (_gate)
        {
            _launching--;
            _deaths.Add(WorkerEnd.NotStarted);
            SetTick();
        }
    }

    private void Ended(SandboxWorker worker, WorkerEnd end)
    {
        SandboxRun? current = null;
        Change(() =>
        {
            if (_starting.Remove(worker))
                _launching--;
            else if (_workers.Contains(worker))
                Remove(worker);
            current = worker.Current;
            var ranFor = worker.UnchangedFor;
            Requeue(worker.TakeBack(andCurrent: false));
            current?.Slot.End(wasShort: false);
            if (end == WorkerEnd.Killed && current is { WasInterrupted: false })
            {
                // It was not the code: the run begins again elsewhere.
                current.Interrupt();
                Requeue([current]);
                current = null;
            }

            if (end == WorkerEnd.NotStarted && !_launcher.IsInvariant)
                _launcher.IsInvariant = true;
            if (end is not (WorkerEnd.Retired or WorkerEnd.Abandoned))
                _deaths.Add(end);
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
            var longestWait = _limits.SlotWait > ShortestWait ? _limits.SlotWait : ShortestWait;
            overdue = _waiting.RemoveAll(run => run.WaitingFor >= longestWait);
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

        if (worker.Current is null && ranFor >= AbandonedGrace)
            worker.Kill(WorkerEnd.Abandoned);
        else if (ranFor >= _limits.Run.Timeout + Grace)
            worker.Kill(WorkerEnd.Timeout);
    }

    private void RetireIdle()
    {
        var surplus = _workers.Count - SharedWorkers - 1;
        if (surplus <= 0 || _workers[^1] is not { InFlight: 0 } last || last.UnchangedFor < IdleLife)
            return;
        last.Close();
        Remove(last);
    }

    private void SetTick()
    {
        var tick = _isClosed ? Timeout.InfiniteTimeSpan
            : _waiting.Count > 0 || _workers.Exists(static worker => worker.InFlight > 0) ? BusyTick
            : _workers.Count != Math.Min(_limits.MaxConcurrency, SharedWorkers + 1) ? IdleTick
            : Timeout.InfiniteTimeSpan;
        if (tick == _tick)
            return;
        _tick = tick;
        _watch.Change(tick, tick);
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "The sandbox cannot start a process")]
    private static partial void LogNoProcess(ILogger logger, Exception reason);
}
