using FlowQuota.Client.Administration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace FlowQuota.Client;

/// <summary>Registers the clients.</summary>
public static class FlowQuotaServices
{
    /// <summary>The name of the clients' <see cref="HttpClient"/>.</summary>
    public const string HttpClientName = "FlowQuota";

    // Far above the longest page of tokens and the longest result of code.
    private const long MaxResponseBytes = 64 * 1024 * 1024;

    private static readonly TimeSpan ConnectionLifetime = TimeSpan.FromMinutes(2);

    /// <summary>
    /// Registers <see cref="FlowQuotaClient"/> and <see cref="FlowQuotaAdminClient"/> as singletons, and what the middleware needs.
    /// Their <see cref="HttpClient"/> follows changes of the name service, follows no redirects, and logs nothing.
    /// </summary>
    /// <param name="services">The application's services.</param>
    /// <param name="configure">Sets the options; null if they are bound elsewhere.</param>
    /// <returns>To add handlers to the <see cref="HttpClient"/>, or to replace its own.</returns>
    public static IHttpClientBuilder AddFlowQuota(this IServiceCollection services, Action<FlowQuotaOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        var options = services.AddOptions<FlowQuotaOptions>();
        if (configure is not null)
            options.Configure(configure);
        services.TryAddSingleton(provider => new FlowQuotaClient(Http(provider), Options(provider), provider.GetService<TimeProvider>()));
        services.TryAddSingleton(provider => new FlowQuotaAdminClient(Http(provider), Options(provider), provider.GetService<TimeProvider>()));
        return services.AddHttpClient(HttpClientName, client =>
            {
                client.Timeout = Timeout.InfiniteTimeSpan;
                client.MaxResponseContentBufferSize = MaxResponseBytes;
            })
            // A singleton keeps its client, so the handler replaces connections instead of the factory replacing handlers.
            .UseSocketsHttpHandler((handler, _) =>
            {
                handler.PooledConnectionLifetime = ConnectionLifetime;
                handler.AllowAutoRedirect = false;
                handler.UseCookies = false;
            })
            .SetHandlerLifetime(Timeout.InfiniteTimeSpan)
            .RemoveAllLoggers();
    }

    internal static HttpClient Http(IServiceProvider provider) => provider.GetRequiredService<IHttpClientFactory>().CreateClient(HttpClientName);

    internal static FlowQuotaOptions Options(IServiceProvider provider) => provider.GetRequiredService<IOptions<FlowQuotaOptions>>().Value;
}
