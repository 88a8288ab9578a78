using System.Collections.Concurrent;
using System.Diagnostics;
using FlowQuota.Tests.Apps;

namespace FlowQuota.Tests.Crash;

/// <summary>A process of a test's own, that it may stop, freeze and kill; its last output is reported when it fails.</summary>
public sealed class OwnProcess : IAsyncDisposable
{
    private const int KeptLines = 40;

    private readonly Process _process;
    private readonly ConcurrentQueue<string> _lines = new();
    private int _written;

    private OwnProcess(ProcessStartInfo start)
    {
        _process = new Process { StartInfo = start };
        _process.OutputDataReceived += (_, e) => Keep(e.Data);
        _process.ErrorDataReceived += (_, e) => Keep(e.Data);
    }

    public int Id => _process.Id;

    public bool IsRunning => !_process.HasExited;

    public int ExitCode => _process.ExitCode;

    /// <summary>How many lines it wrote.</summary>
    public int LinesWritten => Volatile.Read(ref _written);

    public string LastLines => string.Join('\n', _lines);

    public static OwnProcess Start(string program, params string[] arguments) => Start(program, [], arguments);

    /// <param name="program">The program.</param>
    /// <param name="environment">Variables beside those of the tests' own process.</param>
    /// <param name="arguments">Its arguments.</param>
    public static OwnProcess Start(string program, IEnumerable<(string Name, string Value)> environment, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        };
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        var own = new OwnProcess(start);
        own._process.Start();
        own._process.BeginOutputReadLine();
        own._process.BeginErrorReadLine();
        return own;
    }

    /// <summary>Runs a program to its end; fails if the program fails.</summary>
    public static async Task RunAsync(string program, params string[] arguments)
    {
        await using var own = Start(program, arguments);
        await own.WaitAsync();
        if (own.ExitCode != 0)
            throw new InvalidOperationException($"{program} ended with {own.ExitCode}:\n{own.LastLines}");
    }

    /// <summary>Waits until it answers; fails if it ends before that.</summary>
    public Task AnswersAsync(Func<Task<bool>> answers) => Eventually.TrueAsync(async () =>
    {
        if (!IsRunning)
            throw new InvalidOperationException($"{_process.StartInfo.FileName} ended with {ExitCode}:\n{LastLines}");
        try
        {
            return await answers();
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            return false;
        }
    }, seconds: 60);

    /// <summary>SIGKILL: no last output, no clean-up.</summary>
    public async Task KillAsync()
    {
        if (IsRunning)
            _process.Kill();
        await WaitAsync();
    }

    /// <summary>Sends a signal by its name, such as <c>TERM</c>, <c>STOP</c> or <c>CONT</c>.</summary>
    public Task SignalAsync(string name) => RunAsync("kill", $"-{name}", $"{_process.Id}");

    public Task WaitAsync() => _process.WaitForExitAsync();

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        _process.Dispose();
    }

    private void Keep(string? line)
    {
        if (line is null)
            return;
        Interlocked.Increment(ref _written);
        _lines.Enqueue(line);
        if (_lines.Count > KeptLines)
            _lines.TryDequeue(out _);
    }
}
