using System.Globalization;
using System.Runtime.InteropServices;

namespace FlowQuota.SelfHost.Hosting;

/// <summary>
/// Asks Linux to schedule this process for throughput instead of latency: a thread that wakes up does not preempt one that
/// is running (docs/decisions/0013).
/// </summary>
internal static partial class SchedBatch
{
    // SCHED_BATCH of sched(7), which needs no privilege; it has no priorities.
    private const int Batch = 3;
    private const int NoPriority = 0;

    /// <summary>
    /// Enables it for the existing threads, and thereby for all that they start. Does nothing if the system does not support or
    /// allow it.
    /// </summary>
    public static void TryEnable()
    {
        if (!OperatingSystem.IsLinux())
            return;
        foreach (string thread in Directory.EnumerateDirectories("/proc/self/task"))
            _ = SetScheduler(int.Parse(Path.GetFileName(thread), CultureInfo.InvariantCulture), Batch, NoPriority);
    }

    [LibraryImport("libc", EntryPoint = "sched_setscheduler"), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int SetScheduler(int thread, int policy, in int priority);
}
