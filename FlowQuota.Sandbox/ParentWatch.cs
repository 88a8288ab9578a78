using System.Diagnostics;
using System.Runtime.InteropServices;

namespace FlowQuota.Sandbox;

/// <summary>Ends this process when its parent ends, for any reason and whatever code is running here.</summary>
internal static partial class ParentWatch
{
    private const int SetParentDeathSignal = 1;
    private const nuint KillSignal = 9;

    /// <summary>Begins to watch.</summary>
    /// <param name="parentId">The parent's process id.</param>
    public static void Begin(int parentId)
    {
        if (!OperatingSystem.IsLinux())
        {
            WaitOnAThread(parentId);
            return;
        }

        // The kernel kills this process when the thread that started it ends. The host starts workers from a thread that runs as
        // long as the host.
        _ = Control(SetParentDeathSignal, KillSignal);
        // The parent may have ended before the call.
        if (ParentId() != parentId)
            Environment.Exit(0);
    }

    private static void WaitOnAThread(int parentId) => new Thread(() =>
    {
        try
        {
            using var parent = Process.GetProcessById(parentId);
            parent.WaitForExit();
        }
        catch (ArgumentException)
        {
            // The parent has ended already.
        }

        Process.GetCurrentProcess().Kill();
    })
    { IsBackground = true, Name = "FlowQuota parent watch" }.Start();

    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    [LibraryImport("libc", EntryPoint = "prctl")]
    private static partial int Control(int option, nuint argument);

    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    [LibraryImport("libc", EntryPoint = "getppid")]
    private static partial int ParentId();
}
