using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using FlowQuota.Tests.Apps;
using FlowQuota.Tests.Contract;
using StackExchange.Redis;
using Xunit;

namespace FlowQuota.Tests.Fuzzing;

/// <summary>Protects the log of a running self-host: one line an entry, so that no request can forge an entry.</summary>
public sealed partial class LogForgingTests : IDisposable
{
    private const string Pepper = "log-pepper-0123456789-0123456789";
    private readonly string _parent = Directory.CreateTempSubdirectory("flowquota-log-").FullName;

    [Fact]
    public async Task No_line_break_or_control_character_that_was_sent_makes_a_line_of_the_log()
    {
        string folder = Path.Combine(_parent, "data");
        await using var process = SelfHostProcess.Start(folder, settings: [("ADMIN_TOKEN", TestApp.AdminToken), ("TOKEN_PEPPER", Pepper)]);
        var url = new Uri(await process.ListensAsync());
        using var client = new HttpClient { BaseAddress = url };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", TestApp.AdminToken);
        await Eventually.TrueAsync(async () => (await client.GetAsync("/flow/health")).IsSuccessStatusCode);
        int welcome = Lines(process).Count;

        foreach (string text in HostileTexts.Unstorable.Concat(HostileTexts.Storable))
        {
            string hostile = Uri.EscapeDataString(text);
            string body = JsonSerializer.Serialize(
                new { token = text, reason = text, ws_id = text, email = text, code_base64 = Convert.ToBase64String(Encoding.UTF8.GetBytes(text)) });
            foreach (var (method, path) in new[]
            {
                ("GET", $"/flow/tokens?ws_id={hostile}"), ("GET", $"/{hostile}"), ("POST", "/flow/tokens"), ("POST", "/flow/quota/verify/mend"),
                ("POST", "/flow/execute"),
            })
            {
                var request = new FuzzRequest(method, path, method == "POST" ? body : null);
                request.Headers.AddRange(
                [
                    ("Authorization", $"Bearer {TestApp.AdminToken}"), ("X-Request-ID", text), ("traceparent", text), ("User-Agent", text), ("Content-Type", "application/json"),
                ]);
                await RawHttp.SendAsync(url, request.ToWire());
            }
        }

        // A foreign text that the log does contain: a value written into Redis by hand.
        await using (var redis = await ConnectionMultiplexer.ConnectAsync(await File.ReadAllTextAsync(Path.Combine(folder, "redis-connection"))))
        {
            foreach (string text in HostileTexts.Unstorable.Where(text => text.Length > 0))
                await redis.GetDatabase().HashSetAsync("outbox:sync", $"flow_by_hand{text}", text);
        }

        using var token = new StringContent(
            """{"ws_id":"ws","email":"a@example.com","operation":"unlimited","quota_type":"count","total_quota":10}""", Encoding.UTF8, "application/json");
        using var created = await client.PostAsync("/flow/tokens", token);
        string full = JsonDocument.Parse(await created.Content.ReadAsStringAsync()).RootElement.GetProperty("data").GetProperty("access_token").GetString()!;
        using var call = new HttpRequestMessage(HttpMethod.Post, "/flow/consume");
        call.Headers.Authorization = new AuthenticationHeaderValue("Bearer", full);
        Assert.True((await client.SendAsync(call)).IsSuccessStatusCode);
        int damaged = HostileTexts.Unstorable.Count(text => text.Length > 0);
        await Eventually.TrueAsync(
            () => Lines(process).Count(line => line.Contains("Dropped a damaged value", StringComparison.Ordinal)) >= damaged, seconds: 60);

        Assert.All(Lines(process).Skip(welcome), line =>
        {
            Assert.Matches(Entry(), line);
            Assert.DoesNotContain(line, c => char.IsControl(c) || c is '\u2028' or '\u2029');
        });
        foreach (string secret in new[] { TestApp.AdminToken, Pepper, full[30..] })
            Assert.DoesNotContain(secret, process.Output + process.Errors, StringComparison.Ordinal);
        Assert.Equal("", process.Errors);
    }

    public void Dispose() => Directory.Delete(_parent, recursive: true);

    private static List<string> Lines(SelfHostProcess process) => [.. process.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries)];

    [GeneratedRegex(@"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} (trce|dbug|info|warn|fail|crit): FlowQuota\.[A-Za-z.]+\[-?\d+\] ")]
    private static partial Regex Entry();
}
