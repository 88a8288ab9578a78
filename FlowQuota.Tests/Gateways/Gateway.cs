using System.Net;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Text.Json;
using FlowQuota.Tests.Apps;
using FlowQuota.Tests.Contract;
using FlowQuota.Tests.Crash;
using Xunit;

namespace FlowQuota.Tests.Gateways;

/// <summary>A running gateway, from its clients' side.</summary>
/// <param name="process">The program.</param>
/// <param name="port">Its port.</param>
/// <param name="folder">Its configuration; deleted with it.</param>
public sealed class Gateway(OwnProcess process, int port, string folder) : IAsyncDisposable
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    private readonly HttpClient _client = new() { BaseAddress = new Uri($"http://127.0.0.1:{port}"), Timeout = TimeSpan.FromMinutes(2) };

    /// <summary>Waits until it accepts connections; a request would wait for FlowQuota.</summary>
    public Task ListensAsync() => process.AnswersAsync(async () =>
    {
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, port);
        return true;
    });

    public Task<GatewayAnswer> SendAsync(string? token, string target = "/", string method = "GET", HttpContent? content = null,
        string? requestId = null, IEnumerable<(string Name, string Value)>? headers = null) =>
        AuthorizeTests.SendAsync(_client, target, token, method, content, requestId, headers);

    /// <summary>Sends a call that must pass; returns it as the service received it.</summary>
    public async Task<ReceivedCall> PassAsync(string? token, string target = "/", string method = "GET", HttpContent? content = null,
        string? requestId = null, IEnumerable<(string Name, string Value)>? headers = null)
    {
        var answer = await SendAsync(token, target, method, content, requestId, headers);
        Assert.True(answer.Status == 200, $"{answer.Status}: {answer.Text}\n{process.LastLines}");
        return JsonSerializer.Deserialize<ReceivedCall>(answer.Text, Json)!;
    }

    /// <summary>Upgrades a connection to a WebSocket.</summary>
    public async Task<ClientWebSocket> ConnectAsync(TestToken token)
    {
        var socket = new ClientWebSocket();
        socket.Options.SetRequestHeader("Authorization", $"Bearer {token.Full}");
        socket.Options.SetRequestHeader("X-FlowQuota-Token-Id", "forged");
        await socket.ConnectAsync(new Uri($"ws://127.0.0.1:{port}/socket"), default);
        return socket;
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        // Not killed, because workers of nginx outlive a master that could not end them.
        if (process.IsRunning)
            await process.SignalAsync("TERM");
        await process.WaitAsync().WaitAsync(TimeSpan.FromSeconds(30));
        await process.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }
}
