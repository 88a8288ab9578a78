using Dapper;
using FlowQuota.Tests.Apps;
using FlowQuota.Tests.Contract;
using FlowQuota.Tests.Servers;
using MySqlConnector;
using Xunit;

namespace FlowQuota.Tests.Importing;

/// <summary>The command as an operator runs it: its report, its exit codes, and the self-host over the imported data.</summary>
public sealed class LegacyImportCommandTests : IAsyncLifetime
{
    private readonly LegacyFixture _legacy = new();
    private readonly string _folder = Directory.CreateTempSubdirectory("flowquota-import-").FullName;

    public Task InitializeAsync() => _legacy.InitializeAsync();

    public async Task DisposeAsync()
    {
        await _legacy.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [ServerFact(MySql = true)]
    public async Task A_self_host_of_its_own_takes_the_old_tokens_over()
    {
        var (status, dry, _) = await RunAsync("--time-zone Asia/Shanghai");
        Assert.Equal(3, status);
        Assert.Contains("Dry run", dry, StringComparison.Ordinal);
        Assert.Matches(@"tokens    to import +7\b", dry);

        var (applied, text, _) = await RunAsync("--apply --time-zone Asia/Shanghai");
        Assert.Equal(3, applied);
        Assert.Matches(@"tokens    imported +7\b", text);
        Assert.Contains("  access_tokens.id 8: access_token is not flow_ and 64 hexadecimal digits", text, StringComparison.Ordinal);
        Assert.DoesNotContain(new string('a', 32), dry + text, StringComparison.Ordinal);

        var (_, again, _) = await RunAsync("--apply --time-zone Asia/Shanghai");
        Assert.Matches(@"here already, left alone +7\b", again);

        await using var host = SelfHostProcess.Start(_folder, settings: [("LEGACY_TOKENS", "true"), ("REDIS_TIMEOUT_MS", TestWorld.PatientTimeout)]);
        using var client = new HttpClient { BaseAddress = new Uri(await host.ListensAsync()) };
        client.DefaultRequestHeaders.Authorization = new("Bearer", LegacyFixture.Token(1));
        using var answer = await client.PostAsync("/flow/consume", null);
        Assert.Contains("\"remaining_quota\":6", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        host.Terminate();
        await host.EndsAsync();
    }

    [ServerFact(MySql = true)]
    public async Task Without_a_refused_row_it_ends_with_0()
    {
        await _legacy.ExecuteAsync("DELETE FROM access_tokens WHERE id > 4; DELETE FROM token_quota_logs WHERE id > 106");
        var (status, text, errors) = await RunAsync("--apply --time-zone Asia/Shanghai");
        Assert.Equal((0, ""), (status, errors));
        Assert.Contains("LEGACY_TOKENS is not true here", text, StringComparison.Ordinal);
    }

    [ServerFact(MySql = true)]
    public async Task A_signal_ends_it_with_4_and_says_how_far_it_came()
    {
        await using var locking = new MySqlConnection(_legacy.ConnectionString);
        await locking.OpenAsync();
        await locking.ExecuteAsync("LOCK TABLES token_quota_logs WRITE");
        await using var process = SelfHostProcess.Start("FlowQuota.Import.dll", _folder, "--apply --time-zone Asia/Shanghai", [("LEGACY_MYSQL_CONNECTION", _legacy.ConnectionString)]);
        await Eventually.TrueAsync(async () => await locking.ExecuteScalarAsync<long>(
            "SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE DB = DATABASE() AND INFO = 'SELECT COUNT(*) FROM token_quota_logs'") > 0);

        process.Terminate();
        int status = await process.EndsAsync();
        await locking.ExecuteAsync("UNLOCK TABLES");

        Assert.Equal((4, "Stopped before the first token; run it again to begin.\n"), (status, process.Errors));
    }

    [Theory]
    [InlineData("--aply", 2, "infra/import_legacy [--apply] [--time-zone ZONE]")]
    [InlineData("--time-zone", 2, "infra/import_legacy [--apply] [--time-zone ZONE]")]
    [InlineData("--time-zone Mars/Olympus", 1, "Setting --time-zone is \"Mars/Olympus\"; allowed: an IANA time zone name")]
    public async Task Wrong_usage_ends_with_a_word_of_what_is_right(string arguments, int expected, string says)
    {
        var (status, _, errors) = await RunAsync(arguments, ("LEGACY_MYSQL_CONNECTION", "Server=localhost;Database=go"));
        Assert.Equal(expected, status);
        Assert.Contains(says, errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("LEGACY_MYSQL_CONNECTION", "", "Setting LEGACY_MYSQL_CONNECTION is missing")]
    [InlineData("LEGACY_MYSQL_CONNECTION", "Server=localhost;Password=do-not-tell", "Setting LEGACY_MYSQL_CONNECTION is without a database")]
    [InlineData("LEGACY_MYSQL_CONNECTION", "Server=127.0.0.1;Port=1;Database=go;Password=do-not-tell", "The Go system's database cannot be read: ")]
    // A new pepper would not fit the app that uses this database.
    [InlineData("MYSQL_CONNECTION", "Server=127.0.0.1;Port=1;Database=x;Password=do-not-tell", "Setting TOKEN_PEPPER is missing")]
    public async Task What_is_missing_or_wrong_ends_it_with_one_line(string setting, string value, string says)
    {
        var (status, _, errors) = await RunAsync("",
            ("LEGACY_MYSQL_CONNECTION", "Server=localhost;Database=go"), (setting, value));
        Assert.Equal(1, status);
        Assert.StartsWith(says, Assert.Single(errors.Split('\n', StringSplitOptions.RemoveEmptyEntries)), StringComparison.Ordinal);
        Assert.DoesNotContain("do-not-tell", errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_data_folder_in_use_is_left_alone()
    {
        await using var host = SelfHostProcess.Start(_folder);
        await host.ListensAsync();
        var (status, _, errors) = await RunAsync("", ("LEGACY_MYSQL_CONNECTION", "Server=localhost;Database=go"));
        Assert.Equal(1, status);
        Assert.StartsWith("Setting FLOWQUOTA_DATA_DIR is ", errors, StringComparison.Ordinal);
        host.Terminate();
        await host.EndsAsync();
    }

    private async Task<(int Status, string Output, string Errors)> RunAsync(string arguments, params (string Name, string Value)[] settings)
    {
        if (settings.Length == 0)
            settings = [("LEGACY_MYSQL_CONNECTION", _legacy.ConnectionString), ("QUOTA_CLEANUP_RETENTION_DAYS", "3650")];
        await using var process = SelfHostProcess.Start("FlowQuota.Import.dll", _folder, arguments, settings);
        int status = await process.EndsAsync();
        return (status, process.Output, process.Errors);
    }
}
