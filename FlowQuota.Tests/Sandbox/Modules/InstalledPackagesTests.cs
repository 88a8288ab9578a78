using FlowQuota.Sandbox.Protocol;
using FlowQuota.Tests.Execution;
using Xunit;
using FlowQuota.Tests.Servers;

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
