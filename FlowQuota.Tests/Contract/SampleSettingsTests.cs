using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using FlowQuota.Settings;
using FlowQuota.Tests.Servers;
using Microsoft.Extensions.Configuration;
using Xunit;

namespace FlowQuota.Tests.Contract;

/// <summary>
/// Protects the first settings of a deployment: the sample of settings, host.json and the Bicep files agree with the code
/// and docs/settings.md.
/// </summary>
public sealed partial class SampleSettingsTests
{
    // Read by the self-host or the importer only, or optional.
    private static readonly string[] NotInTheSample =
        ["FLOWQUOTA_DATA_DIR", "EMBEDDED_LOG_LIMIT_MB", "LEGACY_MYSQL_CONNECTION", "OTEL_EXPORTER_OTLP_ENDPOINT", "EXECUTE_MAX_CONCURRENCY"];

    [Fact]
    public void The_sample_has_every_documented_setting_and_each_is_good()
    {
        var sample = Sample();

        Assert.Equal(DocumentedSettings().Except(NotInTheSample).Order(), sample.Keys.Except(["FUNCTIONS_WORKER_RUNTIME"]).Order());
        FlowQuotaSettings.Read(new ConfigurationBuilder().AddInMemoryCollection(sample!).Build(), migrateByDefault: false, requireMySql: true);
    }

    [Fact]
    public void The_hosts_limit_of_a_body_is_a_little_above_ours_in_the_sample_and_in_Azure()
    {
        int ours = int.Parse(Sample()["EXECUTE_MAX_BODY_BYTES"], CultureInfo.InvariantCulture);
        string bicep = File.ReadAllText(Repository.PathOf("infra/modules/function-app.bicep"));
        foreach (string limit in new[] { Sample()["FUNCTIONS_REQUEST_BODY_SIZE_LIMIT"], BodyLimit().Match(bicep).Groups[1].Value })
            Assert.InRange(int.Parse(limit, CultureInfo.InvariantCulture), ours + 1, ours * 2);
    }

    [Fact]
    public void An_idle_host_does_not_log_each_look_at_a_queue()
    {
        using var host = JsonDocument.Parse(File.ReadAllBytes(Repository.PathOf("host.json")));
        var levels = host.RootElement.GetProperty("logging").GetProperty("logLevel");

        // The category of each request that the host's storage client makes is Azure.Core.
        Assert.Equal("Warning", levels.GetProperty("Azure").GetString());
        // The worker's console entries arrive as Host.Function.Console, and must pass.
        Assert.Equal("Information", levels.GetProperty("default").GetString());
        Assert.DoesNotContain(levels.EnumerateObject(), level => "Host.Function.Console".StartsWith(level.Name, StringComparison.Ordinal));
    }

    private static Dictionary<string, string> Sample()
    {
        using var sample = JsonDocument.Parse(File.ReadAllBytes(Repository.PathOf("local.settings.sample.json")));
        return sample.RootElement.GetProperty("Values").EnumerateObject().ToDictionary(value => value.Name, value => value.Value.GetString()!);
    }

    private static IEnumerable<string> DocumentedSettings() =>
        File.ReadLines(Repository.PathOf("docs/settings.md")).Select(line => TableSetting().Match(line))
            .Where(row => row.Success).Select(row => row.Groups[1].Value);

    [GeneratedRegex("^\\| `([A-Z][A-Za-z_]+)` \\|")]
    private static partial Regex TableSetting();

    [GeneratedRegex("FUNCTIONS_REQUEST_BODY_SIZE_LIMIT: '(\\d+)'")]
    private static partial Regex BodyLimit();
}
