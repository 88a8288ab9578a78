using System.Net;
using System.Net.Http.Headers;
using FlowQuota.Tests.Apps;
using FlowQuota.Tests.Servers;
using Xunit;
using Xunit.Abstractions;

namespace FlowQuota.Tests.Crash;

/// <summary>
/// Invariant 16 over a full disk: changes that were answered stay, calls are answered 503 while the disk is full, the log does
/// not make it worse, and the same process serves again when there is space.
/// </summary>
[Collection(EmbeddedCrashCollection.Name)]
public sealed class EmbeddedDiskFullTests(ITestOutputHelper output) : IAsyncLifetime
{
    private const int FullSeconds = 5;

    // Each second one line about refused calls; the rest are those of the outage's beginning and end.
    private const int MostLines = FullSeconds + 15;

    private readonly string _disk = Directory.CreateTempSubdirectory("flowquota-disk-").FullName;

    private string Ballast => Path.Combine(_disk, "ballast");

    public Task InitializeAsync() =>
        OperatingSystem.IsLinux() ? OwnProcess.RunAsync("mount", "-t", "tmpfs", "-o", "size=48m", "tmpfs", _disk) : Task.CompletedTask;

    public async Task DisposeAsync()
    {
        if (OperatingSystem.IsLinux())
            await OwnProcess.RunAsync("umount", "-l", _disk);
        Directory.Delete(_disk);
    }

    [TmpfsFact]
    public async Task Invariant16_what_was_answered_stays_and_the_service_recovers_when_there_is_room()
    {
        await using var world = new EmbeddedWorld(Path.Combine(_disk, "data"));
        await world.App.StartAsync();
        for (int round = 0; round < Rounds.Of(few: 1, many: 5); round++)
        {
            await using var load = await SteadyLoad.StartAsync(world, moreTokens: 20);
            await load.GoesOnAsync();
            Fill();
            await RefusedAsync(world.App, load.Plenty);
            int linesBefore = world.App.Process.LinesWritten;
            await Task.Delay(TimeSpan.FromSeconds(FullSeconds));
            int lines = world.App.Process.LinesWritten - linesBefore;
            output.WriteLine($"{lines} lines in {FullSeconds} s of a full disk");
            Assert.True(lines <= MostLines, world.App.Process.LastLines);
            Assert.True(world.App.IsRunning, world.App.Process.LastLines);

            File.Delete(Ballast);
            await load.GoesOnAsync();
            await Books.AssertBalanceAsync(world, load);
            output.WriteLine(string.Join(", ", load.Calls.GroupBy(call => call.Status).OrderBy(group => group.Key)
                .Select(group => $"{group.Key?.ToString() ?? "no answer"}: {group.Count()}")));
        }
    }

    private void Fill()
    {
        try
        {
            using var file = new FileStream(Ballast, FileMode.Append, FileAccess.Write, FileShare.None, bufferSize: 0);
            byte[] page = new byte[4096];
            while (true)
                file.Write(page);
        }
        catch (IOException)
        {
            // Full, as intended.
        }
    }

    /// <summary>Also fills space that becomes free, until a call is refused with a Retry-After.</summary>
    private async Task RefusedAsync(SelfHostProcess app, TestToken token)
    {
        using var client = new HttpClient();
        await Eventually.TrueAsync(async () =>
        {
            Fill();
            using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(app.Url, "/flow/consume"));
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token.Full);
            using var response = await client.SendAsync(request);
            return response.StatusCode == HttpStatusCode.ServiceUnavailable && response.Headers.RetryAfter?.Delta > TimeSpan.Zero;
        }, seconds: 30);
    }
}
