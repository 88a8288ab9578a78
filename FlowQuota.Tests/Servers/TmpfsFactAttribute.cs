using System.Diagnostics;
using Xunit;

namespace FlowQuota.Tests.Servers;

/// <summary>A test that fills a disk of its own, which needs the right to mount one; without it the test is shown as skipped.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class TmpfsFactAttribute : FactAttribute
{
    private static readonly Lazy<string?> Reason = new(Try);

    /// <inheritdoc/>
    public override string Skip
    {
        get => base.Skip ?? Reason.Value!;
        set => base.Skip = value;
    }

    private static string? Try()
    {
        const string reason = "This test fills a disk: it needs Linux and the right to mount a tmpfs.";
        if (!OperatingSystem.IsLinux())
            return reason;
        string folder = Directory.CreateTempSubdirectory("flowquota-mount-").FullName;
        try
        {
            if (Run("mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", folder) != 0)
                return reason;
            Run("umount", folder);
            return null;
        }
        finally
        {
            Directory.Delete(folder);
        }
    }

    private static int Run(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
        process.WaitForExit();
        return process.ExitCode;
    }
}
