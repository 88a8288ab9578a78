using System.Runtime.InteropServices;

namespace FlowQuota.Sandbox;

/// <summary>Sets up a worker's process: signals and crash output.</summary>
internal static partial class ProcessSetup
{
    private const int StandardError = 2;
    private const int WriteOnly = 1;
    private const int CoreFileSize = 4;

    // Terminals and service managers send these to the whole group; the host decides when its workers end.
    private static readonly PosixSignal[] Ignored = [PosixSignal.SIGINT, PosixSignal.SIGTERM, PosixSignal.SIGQUIT, PosixSignal.SIGHUP];

    /// <summary>Ignores signals that are meant for the host, and keeps a crash from filling a log or a disk.</summary>
    public static void Apply()
    {
        foreach (var signal in Ignored)
            Registrations.Add(PosixSignalRegistration.Create(signal, static context => context.Cancel = true));
        if (OperatingSystem.IsWindows())
            return;
        // The runtime describes a stack overflow frame by frame.
        int nowhere = Open("/dev/null", WriteOnly);
        if (nowhere >= 0)
            _ = Duplicate(nowhere, StandardError);
        _ = SetLimit(CoreFileSize, default);
    }

    // Referenced while the process runs, because a registration that is collected ends.
    private static List<PosixSignalRegistration> Registrations { get; } = [];

    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    [LibraryImport("libc", EntryPoint = "dup2")]
    private static partial int Duplicate(int file, int target);

    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    [LibraryImport("libc", EntryPoint = "setrlimit")]
    private static partial int SetLimit(int resource, in ResourceLimit limit);

    [StructLayout(LayoutKind.Sequential)]
    private readonly record struct ResourceLimit(nuint Current, nuint Maximum);
}
