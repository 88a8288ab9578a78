using System.Text.Json;
using FlowQuota.Tests.Servers;
using Xunit;

namespace FlowQuota.Tests.FunctionsHost;

/// <summary>Protects the worker from parts that do not fit: one that is newer than the others starts and then fails every invocation.</summary>
public sealed class WorkerPackageTests
{
    private const string Worker = "Microsoft.Azure.Functions.Worker";

    [FunctionsFact]
    public void The_workers_packages_have_one_version()
    {
        var versions = Libraries().Where(library => library.Name is Worker or $"{Worker}.Core" or $"{Worker}.Grpc").ToList();

        Assert.Equal(3, versions.Count);
        Assert.Single(versions.Select(library => library.Version).Distinct());
    }

    [FunctionsFact]
    public void The_sandbox_is_beside_the_worker_and_can_be_started()
    {
        foreach (string file in new[] { "FlowQuota.Sandbox.dll", "FlowQuota.Sandbox.deps.json", "FlowQuota.Sandbox.runtimeconfig.json", "Jint.dll" })
            Assert.True(File.Exists(Path.Combine(FunctionsOutput.Folder, file)), file);
        string program = Path.Combine(FunctionsOutput.Folder, OperatingSystem.IsWindows() ? "FlowQuota.Sandbox.exe" : "FlowQuota.Sandbox");
        Assert.True(File.Exists(program));
        if (!OperatingSystem.IsWindows())
            Assert.True(File.GetUnixFileMode(program).HasFlag(UnixFileMode.UserExecute));
    }

    [FunctionsFact]
    public void What_the_app_in_Azure_never_loads_is_left_out()
    {
        var native = Directory.EnumerateFiles(FunctionsOutput.Folder, "*e_sqlite3.*", SearchOption.AllDirectories)
            .Where(file => !file.EndsWith(".provider.e_sqlite3.dll", StringComparison.Ordinal));

        Assert.Empty(native);
    }

    private static List<(string Name, string Version)> Libraries()
    {
        using var file = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(FunctionsOutput.Folder, "FlowQuota.Functions.deps.json")));
        return
        [
            .. from library in file.RootElement.GetProperty("libraries").EnumerateObject()
               let parts = library.Name.Split('/')
               select (parts[0], parts[1]),
        ];
    }
}
