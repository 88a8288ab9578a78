using System.Globalization;
using System.Runtime.InteropServices;

namespace FlowQuota.SelfHost.Hosting;

/// <summary>
/// Tells Linux that this process cares for what it gets done, not for being first: a thread that wakes up waits for its turn
/// instead of taking the core from one at work (docs/decisions/0013).
/// </summary>
internal static partial class BatchScheduling
{
    // SCHED_BATCH of sched(7), which needs no privilege; it has no priorities.
    private const int Batch = 3;
    private const int NoPriority = 0;

    /// <summary>Asks for it, for the threads that there are and thereby for all that they start. Where the system does not know or allow it, nothing changes.</summary>
    public static void Ask()
    {
        if (!OperatingSystem.IsLinux())
            return;
        foreach (string thread in Directory.EnumerateDirectories("/proc/self/task"))
            _ = SetScheduler(int.Parse(Path.GetFileName(thread), CultureInfo.InvariantCulture), Batch, NoPriority);
    }

    [LibraryImport("libc", EntryPoint = "sched_setscheduler"), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int SetScheduler(int thread, int policy, in int priority);
}
