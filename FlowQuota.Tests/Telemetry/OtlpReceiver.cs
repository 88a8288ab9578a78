using System.Collections.Concurrent;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace FlowQuota.Tests.Telemetry;

/// <summary>A collector that receives OTLP over HTTP on a port of its own, and keeps the requests.</summary>
internal sealed class OtlpReceiver : IAsyncDisposable
{
    private readonly WebApplication _web;
    private readonly ConcurrentQueue<(string Path, byte[] Body)> _received = new();

    private OtlpReceiver(WebApplication web)
    {
        _web = web;
        _web.MapPost("/v1/{signal}", async (HttpRequest request) =>
        {
            using var body = new MemoryStream();
            await request.Body.CopyToAsync(body);
            _received.Enqueue((request.Path, body.ToArray()));
        });
    }

    public string Endpoint => _web.Urls.First();

    public static async Task<OtlpReceiver> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var receiver = new OtlpReceiver(builder.Build());
        await receiver._web.StartAsync();
        return receiver;
    }

    /// <summary>True if a request of the signal, metrics or traces, contained the text. Protobuf carries strings unchanged.</summary>
    public bool Has(string signal, string text)
    {
        byte[] wanted = Encoding.UTF8.GetBytes(text);
        return _received.Any(request => request.Path == $"/v1/{signal}" && request.Body.AsSpan().IndexOf(wanted) >= 0);
    }

    public async ValueTask DisposeAsync() => await _web.DisposeAsync();
}
