using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace FlowQuota.Execution;

/// <summary>Lets the system run a process only while no other one needs the processor.</summary>
internal static partial class ProcessPriority
{
    private const int IdlePolicy = 5;

    /// <summary>Lowers the priority of a process. Without privileges it cannot be raised again.</summary>
    public static void Lower(Process process)
    {
        try
        {
            if (!OperatingSystem.IsLinux())
            {
                process.PriorityClass = ProcessPriorityClass.Idle;
                return;
            }

            // Linux schedules threads. With this policy, any other thread that wakes up takes the processor at once.
            foreach (string thread in Directory.EnumerateDirectories(string.Create(CultureInfo.InvariantCulture, $"/proc/{process.Id}/task")))
                _ = SetScheduler(int.Parse(Path.GetFileName(thread), CultureInfo.InvariantCulture), IdlePolicy, default);
        }
        catch (Exception e) when (e is IOException or InvalidOperationException or Win32Exception)
        {
            // The process has just ended.
        }
    }

    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    [LibraryImport("libc", EntryPoint = "sched_setscheduler")]
    private static partial int SetScheduler(int thread, int policy, in SchedulingParameter parameter);

    [StructLayout(LayoutKind.Sequential)]
    private readonly record struct SchedulingParameter(int Priority);
}
