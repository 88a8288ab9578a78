using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using FlowQuota.Sandbox.Protocol;

namespace FlowQuota.Execution;

/// <summary>
/// Starts worker processes, all from one thread that runs as long as this object exists, because on Linux a worker is killed
/// when the thread that started it ends. A worker gets no environment, an empty folder and two pipes.
/// </summary>
internal sealed class SandboxLauncher : IDisposable
{
    // What a worker's heap needs in addition to what its run may retain: engine, parsed scripts, garbage between collections.
    private const long HeapReserve = 64L * 1024 * 1024;

    // Parsed packages belong to the process, not to a run.
    private const long ModulesReserve = 112L * 1024 * 1024;

    // What a process has resident besides its heap: the runtime, its compiled code, locale data.
    private const long ResidentReserve = 192L * 1024 * 1024;

    private readonly BlockingCollection<Action> _starts = [];
    private readonly RunLimits _limits;

    /// <param name="limits">The workers' limits.</param>
    public SandboxLauncher(RunLimits limits)
    {
        _limits = limits;
        new Thread(Work) { IsBackground = true, Name = "FlowQuota sandbox launcher" }.Start();
    }

    /// <summary>Bytes that a worker may have resident before it is killed.</summary>
    public long MaxResidentBytes => MaxHeapBytes + ResidentReserve;

    /// <summary>Whether workers run without the system's locale data, because it is not installed.</summary>
    public bool IsInvariant { get; set; }

    private long MaxHeapBytes => _limits.MaxMemoryBytes + HeapReserve + (_limits.ModulesFolder is null ? 0 : ModulesReserve);

    /// <summary>Starts a worker.</summary>
    /// <param name="started">Called on a thread of its own for each worker, with the process and its folder.</param>
    /// <param name="failed">Called if the process could not be started.</param>
    public void Start(Action<Process, string> started, Action<Exception> failed) => _starts.Add(() =>
    {
        try
        {
            string folder = Directory.CreateTempSubdirectory("flowquota-sandbox-").FullName;
            var process = Process.Start(Describe(folder)) ?? throw new InvalidOperationException("The system started no process");
            new Thread(() => started(process, folder)) { IsBackground = true, Name = "FlowQuota sandbox" }.Start();
        }
        catch (Exception e)
        {
            failed(e);
        }
    });

    /// <summary>Ends the thread, and with it every worker.</summary>
    public void Dispose() => _starts.CompleteAdding();

    private void Work()
    {
        foreach (var start in _starts.GetConsumingEnumerable())
            start();
        _starts.Dispose();
    }

    private ProcessStartInfo Describe(string folder)
    {
        string program = Path.Combine(AppContext.BaseDirectory, "FlowQuota.Sandbox");
        string dotnet = Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", "..", OperatingSystem.IsWindows() ? "dotnet.exe" : "dotnet"));
        var start = File.Exists(dotnet)
            ? new ProcessStartInfo(dotnet) { ArgumentList = { program + ".dll" } }
            // Published with its own runtime.
            : new ProcessStartInfo(OperatingSystem.IsWindows() ? program + ".exe" : program);
        start.RedirectStandardInput = start.RedirectStandardOutput = true;
        // Otherwise the worker discards its output itself, once it runs.
        start.RedirectStandardError = OperatingSystem.IsWindows();
        start.CreateNoWindow = true;
        start.WorkingDirectory = folder;
        start.ArgumentList.Add(Environment.ProcessId.ToString(CultureInfo.InvariantCulture));
        foreach (string argument in _limits.ToArguments())
            start.ArgumentList.Add(argument);
        SetEnvironment(start.Environment);
        return start;
    }

    private void SetEnvironment(IDictionary<string, string?> environment)
    {
        // Libraries of Windows need it.
        string? systemRoot = environment.TryGetValue("SystemRoot", out string? root) ? root : null;
        environment.Clear();
        if (systemRoot is not null)
            environment["SystemRoot"] = systemRoot;
        environment["DOTNET_GCHeapHardLimit"] = "0x" + MaxHeapBytes.ToString("X", CultureInfo.InvariantCulture);
        environment["DOTNET_EnableDiagnostics"] = "0";
        // A small first generation: a run leaves only garbage, and each worker keeps as much memory as this allows.
        environment["DOTNET_GCgen0size"] = "0x400000";
        if (IsInvariant)
            environment["DOTNET_SYSTEM_GLOBALIZATION_INVARIANT"] = "1";
    }
}
