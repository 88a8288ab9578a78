using System.Text.RegularExpressions;
using FlowQuota.Tests.Crash;
using FlowQuota.Tests.Servers;
using Xunit;

namespace FlowQuota.Tests.Client;

/// <summary>Protects who tries the example: the commands of its README do what it says, one after the other.</summary>
public sealed partial class ExampleTests : IDisposable
{
    private const string Folder = "docs/examples/metered-api";

    private readonly string _work = Directory.CreateTempSubdirectory("flowquota-example-").FullName;
    private readonly int _flowQuotaPort = FreePort.Next();
    private readonly int _apiPort = FreePort.Next();

    public void Dispose() => Directory.Delete(_work, recursive: true);

    [Fact]
    public async Task The_commands_of_the_README_have_the_output_that_it_shows()
    {
        var blocks = Block().Matches(await File.ReadAllTextAsync(Repository.PathOf($"{Folder}/README.md")))
            .Select(block => (Language: block.Groups[1].Value, Text: block.Groups[2].Value)).ToList();
        Assert.Equal(["dotnet run --project FlowQuota.SelfHost\n", $"dotnet run --project {Folder} -- --urls http://localhost:8080\n"], blocks.Take(2).Select(block => block.Text));
        var steps = blocks.Skip(2).Chunk(2).ToList();
        Assert.Equal(4, steps.Count);
        Assert.All(steps, step => Assert.Equal(["sh", ""], step.Select(block => block.Language)));

        // What was built is started, in place of building it again.
        await using var flowQuota = Start("FlowQuota.SelfHost.dll", _flowQuotaPort, ("FLOWQUOTA_DATA_DIR", Path.Combine(_work, ".flowquota")));
        await using var api = Start("MeteredApi.dll", _apiPort, ("FlowQuota__BaseAddress", $"http://localhost:{_flowQuotaPort}"));
        using var client = new HttpClient();
        await flowQuota.AnswersAsync(async () => (await client.GetAsync($"http://localhost:{_flowQuotaPort}/health")).IsSuccessStatusCode);
        await api.AnswersAsync(async () => (int)(await client.GetAsync($"http://localhost:{_apiPort}/quote")).StatusCode == 401);
        await using var shell = new ReaderShell(_work);
        foreach (var step in steps)
        {
            if (step == steps[^1])
                await flowQuota.KillAsync();
            Assert.Matches(Shown(step[1].Text), await shell.RunAsync(Moved(step[0].Text)));
        }
    }

    private static OwnProcess Start(string program, int port, (string, string) setting) => OwnProcess.Start(
        Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet", [setting], Path.Combine(AppContext.BaseDirectory, program), "--urls", $"http://localhost:{port}");

    /// <summary>An output as the page shows it: … stands for anything.</summary>
    private static string Shown(string text) => $"^{Regex.Escape(text).Replace("…", ".*", StringComparison.Ordinal)}$";

    private string Moved(string commands) => commands.Replace("localhost:7071", $"localhost:{_flowQuotaPort}", StringComparison.Ordinal)
        .Replace("localhost:8080", $"localhost:{_apiPort}", StringComparison.Ordinal);

    [GeneratedRegex("^```(\\w*)\\n(.*?)^```$", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Block();
}
