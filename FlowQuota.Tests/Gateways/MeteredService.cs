using System.Net.WebSockets;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace FlowQuota.Tests.Gateways;

/// <summary>The service behind a gateway: it returns each request that it received, and echoes a WebSocket's messages after its headers.</summary>
public sealed class MeteredService : IAsyncDisposable
{
    private readonly WebApplication _app;
    private int _calls;

    private MeteredService(WebApplication app)
    {
        _app = app;
    }

    /// <summary>Host and port.</summary>
    public string Address => new Uri(_app.Urls.First()).Authority;

    /// <summary>How many calls reached it.</summary>
    public int Calls => Volatile.Read(ref _calls);

    public static async Task<MeteredService> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0").ConfigureKestrel(server => server.Limits.MaxRequestBodySize = null);
        var service = new MeteredService(builder.Build());
        service._app.UseWebSockets();
        service._app.Run(service.AnswerAsync);
        await service._app.StartAsync();
        return service;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task AnswerAsync(HttpContext context)
    {
        Interlocked.Increment(ref _calls);
        var request = context.Request;
        var headers = request.Headers.ToDictionary(header => header.Key.ToLowerInvariant(), header => header.Value.ToString());
        if (context.WebSockets.IsWebSocketRequest)
        {
            using var socket = await context.WebSockets.AcceptWebSocketAsync();
            await EchoAsync(socket, headers.GetValueOrDefault("x-flowquota-token-id", "nobody"));
            return;
        }

        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[] buffer = new byte[64 * 1024];
        long bytes = 0;
        while (await request.Body.ReadAsync(buffer) is > 0 and var read)
        {
            hash.AppendData(buffer, 0, read);
            bytes += read;
        }

        await context.Response.WriteAsJsonAsync(new ReceivedCall(request.Method, request.Path + request.QueryString, headers, bytes,
            Convert.ToHexStringLower(hash.GetHashAndReset())));
    }

    private static async Task EchoAsync(WebSocket socket, string caller)
    {
        await socket.SendAsync(System.Text.Encoding.UTF8.GetBytes(caller), WebSocketMessageType.Text, endOfMessage: true, default);
        byte[] buffer = new byte[64 * 1024];
        while (true)
        {
            var message = await socket.ReceiveAsync(buffer.AsMemory(), default);
            if (message.MessageType == WebSocketMessageType.Close)
                break;
            await socket.SendAsync(buffer.AsMemory(0, message.Count), message.MessageType, message.EndOfMessage, default);
        }

        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, default);
    }
}
