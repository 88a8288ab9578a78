using System.Net;
using System.Net.Sockets;
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

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
