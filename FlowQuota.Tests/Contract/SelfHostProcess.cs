using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace FlowQuota.Tests.Contract;

/// <summary>A self-host as its users start it: a process of its own.</summary>
internal sealed class SelfHostProcess : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Process _process;
    private readonly StringBuilder _output = new();
    private readonly StringBuilder _errors = new();
    private readonly TaskCompletionSource<string?> _url = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private SelfHostProcess(ProcessStartInfo start)
    {
        _process = new Process { StartInfo = start };
        _process.OutputDataReceived += (_, e) => Read(e.Data);
        _process.ErrorDataReceived += (_, e) => Append(_errors, e.Data);
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public int Id => _process.Id;

    public string Output => Text(_output);

    public string Errors => Text(_errors);

    /// <summary>Starts it.</summary>
    /// <param name="folder">The folder of its state.</param>
    /// <param name="arguments">Command line, separated by spaces.</param>
    /// <param name="settings">Environment variables.</param>
    public static SelfHostProcess Start(string folder, string arguments = "--urls http://127.0.0.1:0", params (string Name, string Value)[] settings) =>
        Start("FlowQuota.SelfHost.dll", folder, arguments, settings);

    /// <summary>Starts another of our programs.</summary>
    /// <param name="program">Its assembly, beside that of the tests.</param>
    /// <param name="folder">The folder of the self-host's state.</param>
    /// <param name="arguments">Command line, separated by spaces.</param>
    /// <param name="settings">Environment variables.</param>
    public static SelfHostProcess Start(string program, string folder, string arguments, (string Name, string Value)[] settings)
    {
        var start = new ProcessStartInfo("dotnet")
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, program));
        foreach (string argument in arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            start.ArgumentList.Add(argument);
        start.Environment["FLOWQUOTA_DATA_DIR"] = folder;
        foreach (var (name, value) in settings)
            start.Environment[name] = value;
        return new SelfHostProcess(start);
    }

    /// <summary>Waits until it listens; returns its URL.</summary>
    public async Task<string> ListensAsync() => await _url.Task.WaitAsync(Patience)
        ?? throw new InvalidOperationException($"It ended before it listened: {Output}{Errors}");

    /// <summary>Sends SIGTERM, as an orchestrator does.</summary>
    public void Terminate()
    {
        using var kill = Process.Start("kill", ["-TERM", _process.Id.ToString(CultureInfo.InvariantCulture)]);
        kill.WaitForExit();
    }

    /// <summary>Waits until it has ended; returns its exit code.</summary>
    public async Task<int> EndsAsync()
    {
        using var patience = new CancellationTokenSource(Patience);
        await _process.WaitForExitAsync(patience.Token);
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    private void Read(string? line)
    {
        const string listens = "FlowQuota listens on ";
        Append(_output, line);
        if (line is null)
            _url.TrySetResult(null);
        else if (line.Contains(listens, StringComparison.Ordinal))
            _url.TrySetResult(line[(line.IndexOf(listens, StringComparison.Ordinal) + listens.Length)..].Trim());
    }

    private static void Append(StringBuilder text, string? line)
    {
        lock (text)
        {
            if (line is not null)
                text.AppendLine(line);
        }
    }

    private static string Text(StringBuilder text)
    {
        lock (text)
            return text.ToString();
    }
}
