using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace FlowQuota.Tests.Client;

/// <summary>A server that is not FlowQuota: it answers with the status that its path begins with, and a page.</summary>
internal sealed class OtherServer : IAsyncDisposable
{
    private readonly WebApplication _app;

    private OtherServer(WebApplication app)
    {
        _app = app;
    }

    public static async Task<OtherServer> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        app.Run(async context =>
        {
            context.Response.StatusCode = int.Parse(context.Request.Path.Value!.Split('/')[1]);
            await context.Response.WriteAsync("<html></html>");
        });
        await app.StartAsync();
        return new OtherServer(app);
    }

    /// <summary>An address at which everything has a status.</summary>
    public Uri Address(string status) => new($"{_app.Urls.First()}/{status}");

    public ValueTask DisposeAsync() => _app.DisposeAsync();
}
