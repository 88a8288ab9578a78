using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json;
using FlowQuota.SelfHost.Hosting;
using FlowQuota.Tests.Apps;

namespace FlowQuota.Tests.Crash;

/// <summary>One instance of FlowQuota as a process of its own.</summary>
public sealed class SelfHostProcess : CrashServer
{
    private readonly IReadOnlyList<(string Name, string Value)> _settings;
    private readonly HttpClient _client;

    public SelfHostProcess(string folder, IReadOnlyList<(string Name, string Value)> settings)
        : base(folder)
    {
        _settings = settings;
        _client = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{Port}"), Timeout = TimeSpan.FromSeconds(15) };
    }

    public Uri Url => _client.BaseAddress!;

    /// <summary>Sends a request; null if there was no response, so that its outcome is unknown.</summary>
    public async Task<TestAnswer?> TryAsync(
        HttpMethod method, string path, string token, object? body = null, string? requestId = null, string? idempotencyKey = null)
    {
        try
        {
            using var request = new HttpRequestMessage(method, path);
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
            if (requestId is not null)
                request.Headers.Add("X-Request-ID", requestId);
            if (idempotencyKey is not null)
                request.Headers.Add("Idempotency-Key", idempotencyKey);
            request.Content = body is null ? null : JsonContent.Create(body);
            using var response = await _client.SendAsync(request);
            var answer = JsonSerializer.Deserialize<JsonElement>(await response.Content.ReadAsStringAsync());
            return new TestAnswer((int)response.StatusCode, answer, new Dictionary<string, string>());
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException or JsonException or IOException or SocketException)
        {
            return null;
        }
    }

    public Task<TestAnswer?> TryAdminAsync(HttpMethod method, string path, object? body = null, string? requestId = null) =>
        TryAsync(method, path, TestApp.AdminToken, body, requestId);

    public async Task<TestAnswer> AdminAsync(HttpMethod method, string path, object? body = null) =>
        await TryAdminAsync(method, path, body) ?? throw new InvalidOperationException($"No answer to {path}:\n{Process.LastLines}");

    public override async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await base.DisposeAsync();
    }

    protected override OwnProcess Launch() => OwnProcess.Start(
        Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet",
        [typeof(SelfHostApp).Assembly.Location, $"--urls={_client.BaseAddress}", $"--FLOWQUOTA_DATA_DIR={Folder}",
            .. _settings.Select(setting => $"--{setting.Name}={setting.Value}")]);

    protected override async Task<bool> AnswersAsync() =>
        await TryAdminAsync(HttpMethod.Get, "/flow/health") is { Status: 200 };
}
