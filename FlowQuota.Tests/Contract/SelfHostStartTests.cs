using System.Net;
using System.Net.Sockets;
using Dapper;
using FlowQuota.Tests.Apps;
using FlowQuota.Tests.Servers;
using FlowQuota.Tests.Storage;
using Xunit;

namespace FlowQuota.Tests.Contract;

/// <summary>Protects the start of the real process: one clear line and exit code 1 for an error, never a stack trace.</summary>
public sealed class SelfHostStartTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("flowquota-start-").FullName;

    [Theory]
    [InlineData("TOKEN_PEPPER", "too-short-to-tell", "characters long")]
    [InlineData("QUOTA_QUEUE_CAP", "many", "\"many\"")]
    [InlineData("FLOW_TIME_ZONE", "Mars/Olympus", "\"Mars/Olympus\"")]
    [InlineData("REDIS_CONNECTION", "localhost,password=too-short-to-tell,nonsense=1", "not readable")]
    [InlineData("MYSQL_CONNECTION", "too-short-to-tell", "not readable")]
    [InlineData("AzureWebJobsStorage", "AccountKey=too-short-to-tell", "not readable")]
    [InlineData("AzureWebJobsStorage__queueServiceUri", "nowhere", "\"nowhere\"")]
    [InlineData("FLOWQUOTA_DATA_DIR", "/proc/flowquota", "/proc/flowquota")]
    public async Task A_wrong_setting_ends_it_with_one_line_on_stderr_and_exit_code_1(string name, string value, string says)
    {
        await using var process = SelfHostProcess.Start(_folder, settings: (name, value));
        Assert.Equal(1, await process.EndsAsync());
        string line = Assert.Single(process.Errors.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.StartsWith($"Setting {name} is ", line, StringComparison.Ordinal);
        Assert.Contains(says, line, StringComparison.Ordinal);
        Assert.Contains("allowed: ", line, StringComparison.Ordinal);
        Assert.DoesNotContain("too-short-to-tell", process.Errors + process.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", process.Errors + process.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_port_that_is_taken_ends_it_with_one_line_that_names_the_URL()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        string url = $"http://127.0.0.1:{((IPEndPoint)taken.LocalEndpoint).Port}";

        await using var process = SelfHostProcess.Start(_folder, $"--urls {url}");

        Assert.Equal(1, await process.EndsAsync());
        Assert.Contains(url, Assert.Single(process.Errors.Split('\n', StringSplitOptions.RemoveEmptyEntries)), StringComparison.Ordinal);
    }

    [ServerFact(MySql = true)]
    public async Task A_stop_during_a_migration_ends_it_with_exit_code_0_when_the_migration_is_done()
    {
        var sql = new MySqlFixture();
        await sql.InitializeAsync();
        await sql.ExecuteAsync("DELETE FROM flowquota_schema WHERE version IN ('2', '3', '4', '5', '6')");
        await sql.ExecuteAsync("ALTER TABLE token_quota_logs DROP COLUMN total_after");
        SelfHostProcess process;
        await using (var connection = await sql.Dialect.OpenAsync(default))
        await using (var reading = await connection.BeginTransactionAsync())
        {
            // The table cannot be altered while a transaction uses it.
            await connection.ExecuteAsync("SELECT 1 FROM token_quota_logs LIMIT 1", transaction: reading);
            process = SelfHostProcess.Start(_folder, settings: [("MYSQL_CONNECTION", sql.ConnectionString), ("TOKEN_PEPPER", TestWorld.Pepper), ("ADMIN_TOKEN", TestApp.AdminToken)]);
            await Eventually.TrueAsync(() => process.Output.Contains("Schema migration 2 of 6 (changes once) begins", StringComparison.Ordinal));
            process.Terminate();
            await Eventually.TrueAsync(() => process.Output.Contains("Asked to stop during schema migration 2 of 6", StringComparison.Ordinal));
        }

        await using (process)
        {
            Assert.Equal((0, ""), (await process.EndsAsync(), process.Errors));
            Assert.Equal("2", (await sql.QueryAsync<string>("SELECT MAX(version) FROM flowquota_schema WHERE success = 1"))[0]);
        }

        await sql.DisposeAsync();
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
