using FlowQuota.Tests.Crash;
using FlowQuota.Tests.Servers;
using Xunit;

namespace FlowQuota.Tests.Gateways;

[NeedsServer(TestServers.CaddyVariable)]
public sealed class CaddyTests(GatewayWorld world) : GatewaySuite(world), IClassFixture<GatewayWorld>
{
    protected override IEnumerable<(string Name, string Text)> Files(bool passes)
    {
        string site = GatewayPage.File("Caddyfile");
        const string uri = "uri /flow/authorize?cost=1&dedupe=request_id";
        return
        [
            ("Caddyfile", "{\n\tadmin off\n\tdefault_bind 127.0.0.1\n}\n" + (passes ? site.Replace(uri, uri + "&unavailable=allow", StringComparison.Ordinal) : site)),
            ("flowquota-away.caddy", GatewayPage.File($"flowquota-away.caddy{(passes ? " allow" : "")}")),
        ];
    }

    protected override string Listen(string text, int port) => text.Replace("\n:8000 {", $"\n:{port} {{", StringComparison.Ordinal);

    protected override string Patient(string text) => text.Replace("_timeout 1s", "_timeout 30s", StringComparison.Ordinal)
        .Replace("_timeout 2s", "_timeout 30s", StringComparison.Ordinal);

    protected override OwnProcess Launch(string folder) => OwnProcess.Start(TestServers.Program(TestServers.CaddyVariable),
        [("HOME", folder), ("XDG_DATA_HOME", folder), ("XDG_CONFIG_HOME", folder)], "run", "--config", Path.Combine(folder, "Caddyfile"), "--adapter", "caddyfile");
}
