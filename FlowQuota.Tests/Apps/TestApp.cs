using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using FlowQuota.Drains;
using FlowQuota.Execution;
using FlowQuota.Functions.Outbox;
using FlowQuota.Outbox;
using FlowQuota.Redis;
using FlowQuota.SelfHost.Hosting;
using FlowQuota.Sql;
using FlowQuota.Tests.OpenApi;
using FlowQuota.Usage;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace FlowQuota.Tests.Apps;

/// <summary>One running self-host, in this process and on a port of its own, with access to its internals.</summary>
public sealed class TestApp : IAsyncDisposable
{
    public const string AdminToken = "test-admin-token-0123456789";

    private readonly SelfHostApp _app;

    private TestApp(SelfHostApp app, CapturedLog log)
    {
        (_app, Log) = (app, log);
        Client = new HttpClient(new DocumentedHandler()) { BaseAddress = new Uri(app.Web.Urls.First()) };
    }

    /// <summary>A client of this app, without a token.</summary>
    public HttpClient Client { get; }

    /// <summary>The app's log.</summary>
    public CapturedLog Log { get; }

    public IServiceProvider Services => _app.Web.Services;

    public IDatabase Redis => Services.GetRequiredService<RedisServer>().Database;

    public SqlDialect Sql => Services.GetRequiredService<SqlDialect>();

    internal static async Task<TestApp> StartAsync(IEnumerable<(string Name, string Value)> settings)
    {
        var app = SelfHostApp.Build([.. settings.Select(setting => $"--{setting.Name}={setting.Value}"), "--urls=http://127.0.0.1:0"]);
        var log = new CapturedLog();
        app.Web.Services.GetRequiredService<ILoggerFactory>().AddProvider(log);
        try
        {
            await app.StartAsync();
            // On a busy machine a process may take longer to start than a call waits for a slot.
            await app.Web.Services.GetRequiredService<SandboxPool>().Ready.WaitAsync(TimeSpan.FromSeconds(30));
            return new TestApp(app, log);
        }
        catch
        {
            await app.DisposeAsync();
            throw;
        }
    }

    /// <summary>Sends a request and reads the answer's JSON, whatever its status.</summary>
    /// <param name="method">HTTP method.</param>
    /// <param name="path">Path and query.</param>
    /// <param name="token">For <c>Authorization: Bearer</c>; null = none.</param>
    /// <param name="body">Written as JSON; a string is sent as it is, null = none.</param>
    /// <param name="idempotencyKey">Header <c>Idempotency-Key</c>; null = none.</param>
    public async Task<TestAnswer> SendAsync(HttpMethod method, string path, string? token, object? body = null, string? idempotencyKey = null)
    {
        using var request = new HttpRequestMessage(method, path);
        if (token is not null)
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        if (idempotencyKey is not null)
            request.Headers.TryAddWithoutValidation("Idempotency-Key", idempotencyKey);
        request.Content = body switch
        {
            null => null,
            string text => new StringContent(text, System.Text.Encoding.UTF8, "application/json"),
            HttpContent content => content,
            _ => JsonContent.Create(body),
        };
        return await SendAsync(request);
    }

    public async Task<TestAnswer> SendAsync(HttpRequestMessage request)
    {
        using var response = await Client.SendAsync(request);
        string text = await response.Content.ReadAsStringAsync();
        return new TestAnswer((int)response.StatusCode, JsonSerializer.Deserialize<JsonElement>(text),
            response.Headers.Concat(response.Content.Headers).ToDictionary(header => header.Key, header => string.Join(", ", header.Value)));
    }

    public Task<TestAnswer> AdminAsync(HttpMethod method, string path, object? body = null) => SendAsync(method, path, AdminToken, body);

    /// <summary>Creates a token; without fields, one with 10 calls and no rate limit.</summary>
    public async Task<TestToken> CreateTokenAsync(object? fields = null)
    {
        var answer = await AdminAsync(HttpMethod.Post, "/flow/tokens",
            fields ?? new { ws_id = "ws", email = "a@example.com", operation = "unlimited", quota_type = "count", total_quota = 10 });
        if (answer.Status != 200)
            throw new InvalidOperationException($"Token not created: {answer.Body}");
        return new TestToken(answer.Data.GetProperty("access_token").GetString()!, answer.Data.GetProperty("token_id").GetString()!);
    }

    /// <summary>Runs JavaScript with a token.</summary>
    public Task<TestAnswer> ExecuteAsync(TestToken token, string code) =>
        SendAsync(HttpMethod.Post, "/flow/execute", token.Full,
            new { code_base64 = Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes(code)) });

    public Task<TestAnswer> ConsumeAsync(TestToken token, int cost = 1) =>
        SendAsync(HttpMethod.Post, "/flow/consume", token.Full, new { cost });

    /// <summary>Drains both outboxes now, so that a test need not wait for a doorbell; ends when they are empty.</summary>
    public async Task DrainAsync()
    {
        // Outcomes reach the outbox a moment after their responses.
        await Eventually.TrueAsync(async () =>
        {
            await Services.GetRequiredService<SyncDrain>().SweepAsync(default);
            await Services.GetRequiredService<AuditDrain>().SweepAsync(default);
            var waiting = await Services.GetRequiredService<OutboxBacklog>().ReadAsync();
            return waiting is { SyncLength: 0, AuditLength: 0 };
        });
    }

    /// <summary>Writes everything that waits to SQL, refusals too, and rolls it up to usage.</summary>
    public async Task RollUpAsync()
    {
        await DrainAsync();
        await ActivatorUtilities.CreateInstance<DrainFunctions>(Services).SweepOutbox(new TimerInfo(), default);
        // The app's own timer may be at it.
        await Eventually.TrueAsync(async () => await Services.GetRequiredService<UsageRollup>().RunAsync(default) is not null);
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _app.Web.StopAsync();
        await _app.DisposeAsync();
    }
}
