using System.Collections.Concurrent;
using FlowQuota.Client;
using FlowQuota.Tests.Apps;
using FlowQuota.Tests.Contract;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace FlowQuota.Tests.Client;

/// <summary>An API behind the middleware. Each request that reaches it is kept.</summary>
internal sealed class MeteredApp : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ConcurrentQueue<ReachedRequest> _reached = new();
    private readonly HttpClient _client;

    private MeteredApp(WebApplication app)
    {
        _app = app;
        _client = new HttpClient { BaseAddress = new Uri(app.Urls.First()) };
    }

    /// <summary>The requests that reached it.</summary>
    public IReadOnlyList<ReachedRequest> Reached => [.. _reached];

    public required CapturedLog Log { get; init; }

    /// <summary>Starts it.</summary>
    /// <param name="flowQuota">FlowQuota's address.</param>
    /// <param name="use">Puts the middleware, and whatever else, in front of it.</param>
    public static async Task<MeteredApp> StartAsync(Uri flowQuota, Action<IApplicationBuilder> use)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        var log = new CapturedLog();
        builder.Logging.AddProvider(log);
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.AddFlowQuota(options => options.BaseAddress = flowQuota);
        var web = builder.Build();
        MeteredApp? started = null;
        use(web);
        web.Run(context => started!.AnswerAsync(context));
        await web.StartAsync();
        return started = new MeteredApp(web) { Log = log };
    }

    /// <summary>Limits for a busy machine, which must not turn a slow response into a lost one.</summary>
    public static FlowQuotaRetryOptions Patient() =>
        new() { BaseDelay = TimeSpan.FromMilliseconds(10), TryTimeout = TimeSpan.FromSeconds(30), TotalTimeout = TimeSpan.FromMinutes(1) };

    public Task<GatewayAnswer> SendAsync(string? token, string target = "/", string method = "GET", params (string Name, string Value)[] headers)
    {
        var request = new HttpRequestMessage(new HttpMethod(method), target);
        if (token is not null)
            request.Headers.TryAddWithoutValidation("Authorization", $"Bearer {token}");
        foreach (var (name, value) in headers)
            request.Headers.TryAddWithoutValidation(name, value);
        return GatewayAnswer.ReadAsync(_client, request);
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _app.DisposeAsync();
    }

    private async Task AnswerAsync(HttpContext context)
    {
        _reached.Enqueue(new ReachedRequest(context.Request.Path, context.GetMeteredRequest(),
            context.Request.Headers.Where(header => header.Key.Replace('_', '-').StartsWith("X-FlowQuota", StringComparison.OrdinalIgnoreCase))
                .ToDictionary(header => header.Key, header => header.Value.ToString(), StringComparer.OrdinalIgnoreCase)));
        if (context.Request.Path == "/fails")
            throw new InvalidOperationException("The API fails.");
        await context.Response.WriteAsync("reached");
    }
}
