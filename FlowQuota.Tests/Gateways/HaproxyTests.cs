using FlowQuota.Tests.Crash;
using FlowQuota.Tests.Servers;
using Xunit;

namespace FlowQuota.Tests.Gateways;

[NeedsServer(TestServers.HaproxyVariable)]
public sealed class HaproxyTests(GatewayWorld world) : GatewaySuite(world), IClassFixture<GatewayWorld>
{
    protected override IEnumerable<(string Name, string Text)> Files(bool passes)
    {
        string[] lines = GatewayPage.File("haproxy.cfg").Split('\n');
        string action = GatewayPage.File("haproxy.cfg allow").TrimEnd();
        return
        [
            ("haproxy.cfg", string.Join('\n', lines.Select(line => passes && line.Contains("lua.flowquota", StringComparison.Ordinal) ? action : line))),
            ("flowquota.lua", GatewayPage.File("flowquota.lua")),
        ];
    }

    protected override string Listen(string text, int port) => text.Replace("bind :8000", $"bind 127.0.0.1:{port}", StringComparison.Ordinal)
        .Replace("lua-load /etc/haproxy/", "lua-load ", StringComparison.Ordinal);

    protected override string Patient(string text) => text.Replace("timeout = 2000", "timeout = 30000", StringComparison.Ordinal);

    // -C: files are looked for there.
    protected override OwnProcess Launch(string folder) =>
        OwnProcess.Start(TestServers.Program(TestServers.HaproxyVariable), "-db", "-C", folder, "-f", "haproxy.cfg");
}
