using System.Runtime.InteropServices;

namespace FlowQuota.Sandbox;

/// <summary>How much a pipe holds before a write blocks.</summary>
internal static partial class PipeCapacity
{
    // What the smallest pipe of any system holds: a page.
    private const int Smallest = 4096;
    private const int GetPipeSize = 1032;

    /// <summary>Bytes that the standard input holds; a safe lower bound if the system does not say.</summary>
    public static int OfStandardInput() =>
        OperatingSystem.IsLinux() && FileControl(0, GetPipeSize) is var size and > Smallest ? size : Smallest;

    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    [LibraryImport("libc", EntryPoint = "fcntl")]
    private static partial int FileControl(int file, int command);
}
