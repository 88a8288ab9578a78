using FlowQuota.Tests.Crash;
using FlowQuota.Tests.Servers;
using Xunit;

namespace FlowQuota.Tests.Gateways;

[NeedsServer(TestServers.NginxVariable)]
public sealed class NginxTests(GatewayWorld world) : GatewaySuite(world), IClassFixture<GatewayWorld>
{
    protected override IEnumerable<(string Name, string Text)> Files(bool passes) =>
    [
        // Two servers of the same address stand for two instances.
        ("flowquota.conf", GatewayPage.File("flowquota.conf").Replace(
            "    server 127.0.0.1:7071 max_fails=0;\n", "    server 127.0.0.1:7071 max_fails=0;\n    server 127.0.0.1:7071 max_fails=0;\n", StringComparison.Ordinal)),
        ("flowquota-authorize.conf", GatewayPage.File($"flowquota-authorize.conf{(passes ? " allow" : "")}")),
        ("nginx.conf", """
            daemon off;
            worker_processes 2;
            pid nginx.pid;
            error_log stderr;
            events { worker_connections 4096; }
            http {
                access_log off;
                client_body_temp_path body;
                proxy_temp_path proxy;
                fastcgi_temp_path fastcgi;
                uwsgi_temp_path uwsgi;
                scgi_temp_path scgi;
                include flowquota.conf;
            }
            """),
    ];

    protected override string Listen(string text, int port) => text.Replace("listen 8000;", $"listen 127.0.0.1:{port};", StringComparison.Ordinal);

    protected override string Patient(string text) => text.Replace("_timeout      1s;", "_timeout 30s;", StringComparison.Ordinal)
        .Replace("_timeout         2s;", "_timeout 30s;", StringComparison.Ordinal);

    protected override OwnProcess Launch(string folder) =>
        OwnProcess.Start(TestServers.Program(TestServers.NginxVariable), "-e", "stderr", "-p", folder, "-c", Path.Combine(folder, "nginx.conf"));
}
