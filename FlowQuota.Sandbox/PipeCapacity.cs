using System.Runtime.InteropServices;

namespace FlowQuota.Sandbox;

/// <summary>The number of bytes that a pipe holds before a write blocks.</summary>
internal static partial class PipeCapacity
{
    // The smallest capacity on any system: a page.
    private const int Smallest = 4096;
    private const int GetPipeSize = 1032;

    /// <summary>Bytes that the standard input holds; a safe lower bound if the system does not report it.</summary>
    public static int OfStandardInput() =>
        OperatingSystem.IsLinux() && FileControl(0, GetPipeSize) is var size and > Smallest ? size : Smallest;

    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    [LibraryImport("libc", EntryPoint = "fcntl")]
    private static partial int FileControl(int file, int command);
}
