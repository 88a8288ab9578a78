using System.Diagnostics;

namespace FlowQuota.Tests.Execution;

/// <summary>Looks at the worker processes of a host process, as an operator would.</summary>
internal static class SandboxProcesses
{
    /// <summary>Whether a process lives and is a worker.</summary>
    public static bool IsWorker(int id) => Read(id, "cmdline").Contains("FlowQuota.Sandbox", StringComparison.Ordinal) && !IsZombie(id);

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

    private static bool IsZombie(int id) => Read(id, "stat") is var stat && stat.LastIndexOf(')') is var end and > 0 && stat[(end + 2)..].StartsWith('Z');

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
