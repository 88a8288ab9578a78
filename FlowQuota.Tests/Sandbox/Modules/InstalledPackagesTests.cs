using FlowQuota.Sandbox.Protocol;
using FlowQuota.Tests.Execution;
using FlowQuota.Tests.Servers;
using Xunit;

namespace FlowQuota.Tests.Sandbox.Modules;

/// <summary>Packages that users ask for work within the default limits of memory and statements.</summary>
[Collection(SandboxCollection.Name)]
public sealed class InstalledPackagesTests
{
    [PackagesFact]
    public async Task They_answer_as_in_Node()
    {
        using var sandbox = new TestSandbox(new RunLimits { ModulesFolder = InstalledPackages.Folder, Timeout = TimeSpan.FromSeconds(30) });
        await Snippets.AgreeAsync("Modules/packages.json", sandbox);
    }
}
