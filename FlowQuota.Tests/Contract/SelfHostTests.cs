using System.Globalization;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using FlowQuota.Tests.Apps;
using Xunit;

namespace FlowQuota.Tests.Contract;

/// <summary>Protects the self-host for a new user: its folder, its secrets, its state over runs, and its orderly end.</summary>
public sealed partial class SelfHostTests : IDisposable
{
    private readonly string _parent = Directory.CreateTempSubdirectory("flowquota-self-").FullName;
    private readonly HttpClient _client = new();

    private string Folder => Path.Combine(_parent, "data");

    [Fact]
    public async Task The_state_of_the_first_run_is_there_in_the_second()
    {
        JsonElement token;
        string admin;
        await using (var first = SelfHostProcess.Start(Folder))
        {
            string url = await first.ListensAsync();
            admin = await ShownAdminTokenAsync(first);
            AssertPrivate();
            Assert.Equal(admin, (await File.ReadAllTextAsync(Path.Combine(Folder, "ADMIN_TOKEN"))).Trim());

            token = await SendAsync(HttpMethod.Post, $"{url}/flow/tokens", admin, TokenBody.With("{}"));
            await WarmUpAsync(url, token);
            Assert.Equal(7, Remaining(await SendAsync(HttpMethod.Post, $"{url}/flow/consume", Full(token), """{"cost":3}""")));
            first.Terminate();
            Assert.Equal(0, await first.EndsAsync());
            Assert.Equal("", first.Errors);
            Assert.DoesNotContain(Full(token), first.Output, StringComparison.Ordinal);
        }

        await using var second = SelfHostProcess.Start(Folder);
        string again = await second.ListensAsync();
        Assert.Equal(admin, await ShownAdminTokenAsync(second));
        await WarmUpAsync(again, token);
        Assert.Equal(7, Remaining(await SendAsync(HttpMethod.Get, $"{again}/flow/quota", Full(token))));
        Assert.Equal(6, Remaining(await SendAsync(HttpMethod.Post, $"{again}/flow/consume", Full(token))));
        string logs = $"{again}/flow/tokens/{token.GetProperty("data").GetProperty("token_id").GetString()}/quota/logs";
        await Eventually.TrueAsync(async () => (await SendAsync(HttpMethod.Get, logs, admin)).GetProperty("data").GetProperty("total").GetInt32() == 3);
    }

    [Fact]
    public async Task Linux_schedules_every_thread_of_it_as_a_batch()
    {
        const int policyField = 41;
        const int batch = 3;
        await using var process = SelfHostProcess.Start(Folder);
        await process.ListensAsync();

        var policies = new List<int>();
        foreach (string thread in Directory.EnumerateDirectories($"/proc/{process.Id}/task"))
        {
            try
            {
                // The name in parentheses may hold spaces; the third field follows it (proc(5)).
                string stat = await File.ReadAllTextAsync(Path.Combine(thread, "stat"));
                policies.Add(int.Parse(stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[policyField - 3], CultureInfo.InvariantCulture));
            }
            catch (IOException)
            {
                // A thread that has ended since it was listed.
            }
        }

        Assert.NotEmpty(policies);
        Assert.All(policies, policy => Assert.Equal(batch, policy));
    }

    [Fact]
    public async Task A_second_process_on_the_same_folder_is_refused_with_one_line_and_the_first_goes_on()
    {
        await using var first = SelfHostProcess.Start(Folder);
        string url = await first.ListensAsync();

        await using var second = SelfHostProcess.Start(Folder);

        Assert.Equal(1, await second.EndsAsync());
        string line = Assert.Single(second.Errors.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.StartsWith($"Setting FLOWQUOTA_DATA_DIR is \"{Folder}\"; allowed: ", line, StringComparison.Ordinal);
        Assert.Equal("ok", (await SendAsync(HttpMethod.Get, $"{url}/health", null)).GetProperty("status").GetString());
    }

    [Fact]
    public async Task An_admin_token_that_was_set_is_used_and_not_shown()
    {
        await using var process = SelfHostProcess.Start(Folder, settings: ("ADMIN_TOKEN", TestApp.AdminToken));
        string url = await process.ListensAsync();
        await SendAsync(HttpMethod.Get, $"{url}/flow/quota/cleanup/stats", TestApp.AdminToken);
        Assert.DoesNotContain(TestApp.AdminToken, process.Output + process.Errors, StringComparison.Ordinal);
        Assert.False(File.Exists(Path.Combine(Folder, "ADMIN_TOKEN")));
    }

    [Fact]
    public async Task SIGTERM_lets_the_call_in_flight_end_and_its_outcome_is_kept()
    {
        JsonElement token;
        string admin;
        // The loop below allocates a number each turn, and all of them count. On a busy machine a worker is late, and the call waits for it.
        await using (var process = SelfHostProcess.Start(Folder, settings: [("EXECUTE_MAX_MEMORY_MB", "2048"), ("EXECUTE_SLOT_WAIT_MS", "30000")]))
        {
            string url = await process.ListensAsync();
            admin = await ShownAdminTokenAsync(process);
            token = await SendAsync(HttpMethod.Post, $"{url}/flow/tokens", admin, TokenBody.With("{}"));
            await WarmUpAsync(url, token);
            string code = Convert.ToBase64String("const end = Date.now() + 1500; while (Date.now() < end) {} return 'done'"u8);
            var running = SendAsync(HttpMethod.Post, $"{url}/flow/execute", Full(token), $$"""{"code_base64":"{{code}}"}""");
            await Eventually.TrueAsync(async () => Remaining(await SendAsync(HttpMethod.Get, $"{url}/flow/quota", Full(token))) == 9);
            Assert.False(running.IsCompleted);

            process.Terminate();

            Assert.Equal("done", (await running).GetProperty("result").GetString());
            Assert.Equal(0, await process.EndsAsync());
            Assert.Equal("", process.Errors);
        }

        await using var second = SelfHostProcess.Start(Folder);
        string again = await second.ListensAsync();
        string logs = $"{again}/flow/tokens/{token.GetProperty("data").GetProperty("token_id").GetString()}/quota/logs?action=consume";
        await Eventually.TrueAsync(async () =>
        {
            var rows = (await SendAsync(HttpMethod.Get, logs, admin)).GetProperty("data").GetProperty("logs");
            return rows.GetArrayLength() == 1 && rows[0].GetProperty("execution_success").ValueKind == JsonValueKind.True;
        });
    }

    public void Dispose()
    {
        _client.Dispose();
        Directory.Delete(_parent, recursive: true);
    }

    private static string Full(JsonElement created) => created.GetProperty("data").GetProperty("access_token").GetString()!;

    private static int Remaining(JsonElement answer) => answer.GetProperty("data").GetProperty("remaining_quota").GetInt32();

    /// <summary>The startup banner; its last lines may arrive after the URL is known.</summary>
    private static async Task<string> ShownAdminTokenAsync(SelfHostProcess process)
    {
        await Eventually.TrueAsync(() => ShownAdminToken().IsMatch(process.Output));
        return ShownAdminToken().Match(process.Output).Groups[1].Value;
    }

    [GeneratedRegex("Admin token: ([0-9a-f]{64})\n")]
    private static partial Regex ShownAdminToken();

    /// <summary>The folder keeps the group and others from reading its content.</summary>
    private void AssertPrivate()
    {
        const UnixFileMode others = UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute
            | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;
        foreach (string path in new[] { Folder, Path.Combine(Folder, "ADMIN_TOKEN"), Path.Combine(Folder, "TOKEN_PEPPER"), Path.Combine(Folder, "redis-connection"), Path.Combine(Folder, "redis.sock") })
            Assert.Equal(UnixFileMode.None, (OperatingSystem.IsWindows() ? UnixFileMode.None : File.GetUnixFileMode(path)) & others);
    }

    /// <summary>A first call may be so slow on a busy machine that it is a 503; this one costs nothing.</summary>
    private Task WarmUpAsync(string url, JsonElement token) => Eventually.TrueAsync(async () =>
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"{url}/flow/quota");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", Full(token));
        using var response = await _client.SendAsync(request);
        return response.IsSuccessStatusCode;
    });

    private async Task<JsonElement> SendAsync(HttpMethod method, string url, string? token, string? body = null)
    {
        using var request = new HttpRequestMessage(method, url);
        if (token is not null)
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        if (body is not null)
            request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        using var response = await _client.SendAsync(request);
        var answer = await response.Content.ReadFromJsonAsync<JsonElement>();
        Assert.True(response.IsSuccessStatusCode, $"{url}: {answer}");
        return answer;
    }
}
