using FlowQuota.Redis;
using StackExchange.Redis;

namespace FlowQuota.SelfHost.Embedded;

/// <summary>
/// Lets commands run, and commits the log only while none runs. So the log always ends between two scripts, and a killed
/// process leaves each script whole or not at all. Commands that end together share a commit.
/// </summary>
/// <remarks>
/// For one run of Garnet. After a failed commit, or a command whose reply never came, the content of the log is unknown:
/// every command fails from then on, and another run has to begin at the last commit.
/// </remarks>
/// <param name="garnet">The run.</param>
/// <param name="maxLogBytes">A longer log is replaced by a checkpoint.</param>
internal sealed class CommitGate(EmbeddedGarnet garnet, long maxLogBytes) : ICommitGate
{
    // No command runs during a checkpoint, so at most this part of the time goes to checkpoints, however large the store is.
    private const int MinPausePerCheckpoint = 20;

    private readonly Lock _lock = new();
    private readonly TaskCompletionSource<Exception> _broken = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _drained = new(TaskCreationOptions.RunContinuationsAsynchronously);

    // Commands that have ended and wait for this commit. No command begins until it ends, so the commit cannot be put off.
    private TaskCompletionSource? _due;
    private TaskCompletionSource _opened = NewSource();
    private bool _isCheckpointing;
    private int _running;
    private Exception? _failure;
    private long _nextCheckpoint = long.MinValue;

    /// <summary>Completes with the cause when no command can run any more.</summary>
    public Task<Exception> Broken => _broken.Task;

    /// <summary>Completes when the gate is broken and no command is running.</summary>
    public Task Drained => _drained.Task;

    /// <inheritdoc/>
    public async Task<T> RunAsync<T>(Func<Task<T>> command)
    {
        while (TryEnter() is { } opened)
            await opened;

        T reply;
        try
        {
            reply = await command();
        }
        catch (Exception e)
        {
            Leave(e);
            throw;
        }

        await Leave();
        return reply;
    }

    /// <summary>Stops all commands, because their connection to the store cannot be trusted any more.</summary>
    public void Break(Exception failure)
    {
        lock (_lock)
        {
            if (_failure is not null)
                return;
            _failure = failure;
            _due?.TrySetException(Unavailable());
            _due = null;
            Open();
            SignalIfDrained();
        }

        _broken.TrySetResult(failure);
    }

    /// <summary>Null = the command may run; else the task to await before the next try.</summary>
    private Task? TryEnter()
    {
        lock (_lock)
        {
            if (_failure is not null)
                throw Unavailable();
            if (_isCheckpointing || _due is not null)
                return _opened.Task;
            _running++;
            return null;
        }
    }

    /// <summary>Ends a command that has its reply; completes with the commit that holds it.</summary>
    private Task Leave()
    {
        lock (_lock)
        {
            _running--;
            SignalIfDrained();
            if (_failure is not null)
                throw Unavailable();
            var due = _due ??= NewSource();
            if (_running == 0)
                _ = CommitAsync(due);
            return due.Task;
        }
    }

    /// <summary>Ends a command that failed.</summary>
    private void Leave(Exception failure)
    {
        lock (_lock)
        {
            _running--;
            SignalIfDrained();
            if (_running == 0 && _due is { } due && !MayStillRun(failure))
                _ = CommitAsync(due);
        }

        if (MayStillRun(failure))
            Break(failure);
    }

    /// <summary>Begins the commit that is due, then lets commands run again. Called under the lock while no command runs.</summary>
    private async Task CommitAsync(TaskCompletionSource due)
    {
        try
        {
            var committed = garnet.CommitAsync();
            _due = null;
            if (IsCheckpointDue())
            {
                _isCheckpointing = true;
                await committed;
                due.TrySetResult();
                await CheckpointAsync();
                return;
            }

            Open();
            await committed;
            due.TrySetResult();
        }
        catch (Exception e)
        {
            Break(e);
            due.TrySetException(Unavailable());
        }
    }

    private bool IsCheckpointDue() => garnet.LogBytes > maxLogBytes && Environment.TickCount64 >= _nextCheckpoint;

    private async Task CheckpointAsync()
    {
        long started = Environment.TickCount64;
        try
        {
            // A failed checkpoint leaves the log unchanged; the next may find more room.
            await garnet.TryCheckpointAsync();
        }
        finally
        {
            lock (_lock)
            {
                long now = Environment.TickCount64;
                _nextCheckpoint = now + (MinPausePerCheckpoint * (now - started));
                _isCheckpointing = false;
                Open();
            }
        }
    }

    private void Open()
    {
        _opened.TrySetResult();
        _opened = NewSource();
    }

    private void SignalIfDrained()
    {
        if (_failure is not null && _running == 0)
            _drained.TrySetResult();
    }

    /// <summary>True if the effect of a command is unknown. An error reply is a reply, and a command that was not sent did not run.</summary>
    private static bool MayStillRun(Exception failure) => failure switch
    {
        RedisServerException => false,
        RedisConnectionException connection => connection.CommandStatus is CommandStatus.Sent or CommandStatus.Unknown,
        RedisTimeoutException timeout => timeout.Commandstatus is CommandStatus.Sent or CommandStatus.Unknown,
        _ => true,
    };

    private RedisConnectionException Unavailable() =>
        new(ConnectionFailureType.InternalFailure, CommandFlags.None, $"The embedded Redis cannot go on: {_failure?.Message.ReplaceLineEndings(" ")}", _failure);

    private static TaskCompletionSource NewSource() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
