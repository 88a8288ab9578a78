using System.Buffers;
using System.Diagnostics;
using System.Text;
using FlowQuota.Sandbox.Protocol;
using FlowQuota.Sandbox.Running;

namespace FlowQuota.Sandbox;

/// <summary>
/// The loop of a worker: reports that it is ready, then reads a run, runs it and replies, one at a time and in order, on one
/// thread with a small stack. It ends when its input ends, and with its parent.
/// </summary>
internal sealed class Worker
{
    /// <summary>
    /// Bytes of stack. Recursion inside built-in functions ends here, with the process: the smaller the stack, the sooner.
    /// </summary>
    public const int StackBytes = 16 * 1024 * 1024;

    // After a run that took longer than this, the host may have given the runs behind it to other workers.
    private static readonly TimeSpan LongRun = TimeSpan.FromMilliseconds(10);

    private const int RunsPerProcess = 1_000_000;

    private readonly FrameReader _input;
    private readonly Stream _output;
    private readonly ScriptRunner _runner;
    private readonly ArrayBufferWriter<byte> _reply = new(16 * 1024);
    private int _runs;
    private bool _skips;

    private Worker(RunLimits limits, Stream input, Stream output)
    {
        (_input, _output) = (new FrameReader(input), output);
        _runner = new ScriptRunner(limits);
    }

    /// <summary>Serves until the input ends.</summary>
    /// <param name="parentId">The process with which this one ends.</param>
    /// <param name="limits">The limits of each run.</param>
    /// <returns>The exit code of the process; see <see cref="SandboxExitCodes"/>.</returns>
    public static int Serve(int parentId, RunLimits limits)
    {
        ParentWatch.Begin(parentId);
        ProcessSetup.Apply();
        int code = SandboxExitCodes.Done;
        var thread = new Thread(() => code = ServeOnThisThread(limits), StackBytes);
        thread.Start();
        thread.Join();
        return code;
    }

    private static int ServeOnThisThread(RunLimits limits)
    {
        using var input = Console.OpenStandardInput();
        using var output = Console.OpenStandardOutput();
        try
        {
            var worker = new Worker(limits, input, output);
            worker.WarmUp();
            output.Write(new SandboxGreeting(PipeCapacity.OfStandardInput()).ToFrame());
            while (worker.ServeNext())
            {
            }

            return SandboxExitCodes.Done;
        }
        catch (OutOfMemoryException)
        {
            return SandboxExitCodes.OutOfMemory;
        }
        catch (IOException)
        {
            // The host closed the pipe while a reply was being written, so it does not wait for it.
            return SandboxExitCodes.Done;
        }
    }

    // The first runs of a process are compiled as they run, so they are done before any call.
    private void WarmUp()
    {
        var code = "console.log('ready', [1].map(x => ({ x }))); return JSON.parse(JSON.stringify({ a: await input }))"u8;
        for (int i = 0; i < 3; i++)
            WriteReply(_runner.Run(Encoding.UTF8.GetString(code), "1"u8.ToArray()), isLong: false);
        _reply.ResetWrittenCount();
    }

    private bool ServeNext()
    {
        if (_input.Read() is not { } payload)
            return false;
        var request = SandboxRequest.Read(payload);
        if (request.Kind == SandboxRequestKind.Resume)
            _skips = false;
        else if (!_skips)
            return Run(request);
        return true;
    }

    private bool Run(SandboxRequest request)
    {
        long started = Stopwatch.GetTimestamp();
        var result = _runner.Run(Encoding.UTF8.GetString(request.Code.Span), request.Input);
        _skips = Stopwatch.GetElapsedTime(started) > LongRun;
        bool isLast = WriteReply(result, _skips);
        _output.Write(_reply.WrittenSpan);
        if (_reply.Capacity > 1024 * 1024)
            _reply.Clear();
        _reply.ResetWrittenCount();
        return !isLast;
    }

    private bool WriteReply(ScriptResult result, bool isLong)
    {
        bool isLast = result.IsSpoilt || ++_runs >= RunsPerProcess;
        new SandboxReply(result.Outcome, isLong, isLast).Write(_reply);
        return isLast;
    }
}
