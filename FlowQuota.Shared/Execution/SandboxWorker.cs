using System.Buffers;
using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using FlowQuota.Sandbox.Protocol;

namespace FlowQuota.Execution;

/// <summary>
/// One worker process and its two pipes. Its queue (the runs in flight) is read and written under the pool's lock;
/// <see cref="Flush"/> and <see cref="Serve"/> are called outside it.
/// </summary>
internal sealed class SandboxWorker
{
    private const int SignalKill = 128 + 9;
    private const int SignalTerminate = 128 + 15;

    private static readonly TimeSpan ExitTimeout = TimeSpan.FromSeconds(5);

    private readonly Process _process;
    private readonly Stream _input;
    private readonly Queue<Sent> _inFlight = new();
    private readonly Lock _buffers = new();
    private ArrayBufferWriter<byte> _pending = new();
    private ArrayBufferWriter<byte> _sending = new();
    private bool _isWriting;
    private bool _hasPending;
    private long _unchangedSince;
    private int _bytesInFlight;
    private int _pipeCapacity;

    public SandboxWorker(Process process) =>
        (_process, _input, _unchangedSince) = (process, process.StandardInput.BaseStream, Stopwatch.GetTimestamp());

    /// <summary>The process's id.</summary>
    public int ProcessId => _process.Id;

    /// <summary>How many runs were sent and have no reply yet; the first of them is the current one.</summary>
    public int InFlight => _inFlight.Count;

    /// <summary>The current run; null if there is none, or if its reply is no longer needed.</summary>
    public SandboxRun? Current => _inFlight.TryPeek(out var current) ? current.Run : null;

    /// <summary>Whether the current run is a long one.</summary>
    public bool IsHeld { get; set; }

    /// <summary>Whether a run was sent that is likely to be long, so that no run is sent behind it.</summary>
    public bool IsAtSlowRun { get; private set; }

    /// <summary>
    /// Whether the system runs it only when no other process needs the processor; true from its first very long run on.
    /// </summary>
    public bool IsLowered { get; private set; }

    /// <summary>Whether it gets no more runs.</summary>
    public bool IsRetired { get; set; }

    /// <summary>Why it was killed; null if it was not.</summary>
    public WorkerEnd? KilledFor { get; private set; }

    /// <summary>How long the runs in flight are expected to take.</summary>
    public TimeSpan Expected { get; private set; }

    /// <summary>How long the current run has been running; if there is none, how long the worker has been idle.</summary>
    public TimeSpan UnchangedFor => Stopwatch.GetElapsedTime(_unchangedSince);

    /// <summary>Whether a run fits into the pipe behind those that are in it, so that sending it cannot block.</summary>
    public bool HasRoomFor(SandboxRequest request) => InFlight == 0 || _bytesInFlight + request.FrameLength <= _pipeCapacity;

    /// <summary>Queues a run at this worker.</summary>
    public void Add(SandboxRun run)
    {
        int bytes = run.Request.FrameLength;
        var expected = run.Slot.Share.LastRun;
        _inFlight.Enqueue(new Sent(run, bytes, expected));
        _bytesInFlight += bytes;
        Expected += expected;
        IsAtSlowRun |= run.Slot.Share.IsSlow;
        if (InFlight == 1)
            BeginNext();
        Append(run.Request);
    }

    /// <summary>Takes the run that a reply belongs to, and makes the next one current.</summary>
    /// <returns>The run; null if its reply is no longer needed.</returns>
    public SandboxRun? TakeReplied()
    {
        var replied = _inFlight.Dequeue();
        _bytesInFlight -= replied.Bytes;
        Expected -= replied.Expected;
        IsHeld = false;
        IsAtSlowRun &= InFlight > 0;
        BeginNext();
        return replied.Run;
    }

    /// <summary>Takes back the runs behind the current one. Their replies, if they come, are ignored.</summary>
    /// <param name="andCurrent">True takes the current run back, too.</param>
    public List<SandboxRun> TakeBack(bool andCurrent)
    {
        List<SandboxRun> taken = [];
        for (var (count, index) = (InFlight, 0); index < count; index++)
        {
            var sent = _inFlight.Dequeue();
            if (sent.Run is { } run && (index > 0 || andCurrent))
            {
                taken.Add(run);
                sent = sent with { Run = null };
            }

            _inFlight.Enqueue(sent);
        }

        return taken;
    }

    /// <summary>Lets the worker run code again after it skipped all queued runs.</summary>
    public void Resume()
    {
        _inFlight.Clear();
        (_bytesInFlight, Expected, IsAtSlowRun) = (0, TimeSpan.Zero, false);
        Append(SandboxRequest.Resume);
    }

    /// <summary>Drops a run whose reply is no longer needed; the worker may still run it.</summary>
    public void Forget(SandboxRun run)
    {
        for (int count = InFlight; count > 0; count--)
        {
            var sent = _inFlight.Dequeue();
            _inFlight.Enqueue(sent.Run == run ? sent with { Run = null } : sent);
        }
    }

    /// <summary>Writes the queued runs to the pipe, unless another thread is doing so.</summary>
    public void Flush()
    {
        if (!Volatile.Read(ref _hasPending))
            return;
        // If the pipe cannot hold a frame, the write waits for the worker, and the caller's thread must not.
        if (IsLarge)
            ThreadPool.UnsafeQueueUserWorkItem(static worker => worker.Write(), this, preferLocal: false);
        else
            Write();
    }

    /// <summary>Reads the process's replies until it ends.</summary>
    /// <param name="ready">Called once, when it is ready.</param>
    /// <param name="replied">Called for each reply.</param>
    /// <returns>Why it ended.</returns>
    public WorkerEnd Serve(Action ready, Action<SandboxReply> replied)
    {
        bool isReady = false;
        try
        {
            var frames = new FrameReader(_process.StandardOutput.BaseStream);
            if (frames.Read() is { } greeting)
            {
                _pipeCapacity = SandboxGreeting.Read(greeting.Span).PipeCapacity;
                _unchangedSince = Stopwatch.GetTimestamp();
                isReady = true;
                ready();
                while (frames.Read() is { } payload)
                    replied(SandboxReply.Read(payload.Span));
            }
        }
        catch (IOException)
        {
            // The process ended while its pipe was being read.
        }

        return isReady ? KilledFor ?? EndOf(Exit()) : NeverReady();
    }

    /// <summary>Lets the process exit after its last reply.</summary>
    public void Close()
    {
        IsRetired = true;
        _input.Dispose();
    }

    /// <summary>From now on, lets all other processes have the processor first.</summary>
    public void Lower()
    {
        IsLowered = true;
        ProcessPriority.Lower(_process);
    }

    /// <summary>Kills the process.</summary>
    public void Kill(WorkerEnd reason)
    {
        KilledFor ??= reason;
        try
        {
            _process.Kill();
        }
        catch (Exception e) when (e is InvalidOperationException or Win32Exception)
        {
            // It has just exited.
        }
    }

    /// <summary>Bytes of memory that the process has resident; 0 if it has ended.</summary>
    public long ReadResidentBytes()
    {
        try
        {
            if (!OperatingSystem.IsLinux())
            {
                _process.Refresh();
                return _process.WorkingSet64;
            }

            string pages = File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{_process.Id}/statm")).Split(' ')[1];
            return long.Parse(pages, CultureInfo.InvariantCulture) * Environment.SystemPageSize;
        }
        catch (Exception e) when (e is IOException or InvalidOperationException or UnauthorizedAccessException)
        {
            return 0;
        }
    }

    private bool IsLarge
    {
        get
        {
            lock (_buffers)
                return _pending.WrittenCount > _pipeCapacity;
        }
    }

    private void BeginNext()
    {
        _unchangedSince = Stopwatch.GetTimestamp();
        Current?.Slot.Start();
    }

    private void Append(SandboxRequest request)
    {
        lock (_buffers)
            request.Write(_pending);
        Volatile.Write(ref _hasPending, true);
    }

    private void Write()
    {
        while (TakePending() is { } frames)
        {
            try
            {
                _input.Write(frames.WrittenSpan);
            }
            catch (Exception e) when (e is IOException or ObjectDisposedException)
            {
                // The process has ended; the thread that reads its replies handles that.
            }

            lock (_buffers)
            {
                if (frames.Capacity > 1024 * 1024)
                    _sending = new ArrayBufferWriter<byte>();
                else
                    frames.ResetWrittenCount();
                _isWriting = false;
            }
        }
    }

    private ArrayBufferWriter<byte>? TakePending()
    {
        lock (_buffers)
        {
            if (_isWriting || _pending.WrittenCount == 0)
                return null;
            (_isWriting, _hasPending) = (true, false);
            (_pending, _sending) = (_sending, _pending);
            return _sending;
        }
    }

    private WorkerEnd NeverReady()
    {
        Kill(WorkerEnd.NotStarted);
        Exit();
        return KilledFor!.Value;
    }

    private int Exit()
    {
        _process.WaitForExit(ExitTimeout);
        if (!_process.HasExited)
        {
            // Its pipe is closed, so it is useless and must not stay.
            Kill(WorkerEnd.Killed);
            _process.WaitForExit();
        }

        int code = _process.ExitCode;
        _process.Dispose();
        return code;
    }

    private WorkerEnd EndOf(int exitCode) => exitCode switch
    {
        SandboxExitCodes.Done when IsRetired => WorkerEnd.Retired,
        SandboxExitCodes.OutOfMemory => WorkerEnd.Memory,
        SandboxExitCodes.Done or SignalKill or SignalTerminate => WorkerEnd.Killed,
        _ => WorkerEnd.StackOverflow,
    };

    private readonly record struct Sent(SandboxRun? Run, int Bytes, TimeSpan Expected);
}
