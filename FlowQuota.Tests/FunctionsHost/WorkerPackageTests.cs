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
