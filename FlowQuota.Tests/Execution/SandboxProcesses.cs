using System.Diagnostics;
using System.Globalization;

namespace FlowQuota.Tests.Execution;

/// <summary>Inspects the worker processes of a host process, as an operator would.</summary>
internal static class SandboxProcesses
{
    /// <summary>Whether a process runs and is a worker.</summary>
    public static bool IsWorker(int id) => Read(id, "cmdline").Contains("FlowQuota.Sandbox", StringComparison.Ordinal) && !IsZombie(id);

    /// <summary>The ids of a host process's workers, also of those that are not ready yet.</summary>
    public static IReadOnlyList<int> WorkersOf(int host) =>
    [
        .. Directory.EnumerateDirectories("/proc")
            .Select(static folder => int.TryParse(Path.GetFileName(folder), CultureInfo.InvariantCulture, out int id) ? id : 0)
            .Where(id => id > 0 && ParentOf(id) == host && IsWorker(id)),
    ];

    /// <summary>Kills a process as <c>kill -9</c> does.</summary>
    public static void Kill(int id)
    {
        try
        {
            using var process = Process.GetProcessById(id);
            process.Kill();
        }
        catch (Exception e) when (e is ArgumentException or InvalidOperationException)
        {
            // It has ended by itself.
        }
    }

    /// <summary>The environment that a process was started with.</summary>
    public static IReadOnlyList<string> EnvironmentOf(int id) => Read(id, "environ").Split('\0', StringSplitOptions.RemoveEmptyEntries);

    private static bool IsZombie(int id) => StatOf(id) is ["Z", ..];

    private static int ParentOf(int id) => StatOf(id) is [_, var parent, ..] ? int.Parse(parent, CultureInfo.InvariantCulture) : 0;

    // State, parent and what follows the name, which may contain anything.
    private static string[] StatOf(int id) =>
        Read(id, "stat") is var stat && stat.LastIndexOf(')') is var end and > 0 ? stat[(end + 2)..].Split(' ') : [];

    private static string Read(int id, string file)
    {
        try
        {
            return File.ReadAllText($"/proc/{id}/{file}");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return string.Empty;
        }
    }
}
