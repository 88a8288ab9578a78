using FlowQuota.Client.Middleware;
using FlowQuota.Client.Transport;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace FlowQuota.Client;

/// <summary>Puts a quota in front of an API.</summary>
/// <remarks>
/// A request passes if FlowQuota admits the token that it presents, and is then charged once. Otherwise it ends here, with 401, 429 or 503,
/// the error as JSON, <c>Retry-After</c> and the rate limit headers. Put it behind <c>UseCors</c>, so that browsers' preflights pass, and
/// into a branch (<c>UseWhen</c>, <c>Map</c>) to meter a part of the API.
/// </remarks>
public static class FlowQuotaApplicationBuilder
{
    /// <summary>Meters each request at the same cost.</summary>
    /// <param name="app">The application; <see cref="FlowQuotaServices.AddFlowQuota"/> is called for its services.</param>
    /// <param name="cost">Units, 0-1,000,000; 0 = the token is checked and nothing is taken.</param>
    public static IApplicationBuilder UseFlowQuota(this IApplicationBuilder app, int cost = 1)
    {
        FlowQuotaMiddleware.CheckCost(cost);
        return app.UseFlowQuota(new FlowQuotaMiddlewareOptions { Cost = _ => cost });
    }

    /// <summary>Meters each request at a cost of its own.</summary>
    /// <param name="app">The application; <see cref="FlowQuotaServices.AddFlowQuota"/> is called for its services.</param>
    /// <param name="cost">The units of a request, 0-1,000,000; 0 = the token is checked and nothing is taken.</param>
    public static IApplicationBuilder UseFlowQuota(this IApplicationBuilder app, Func<HttpContext, int> cost)
    {
        ArgumentNullException.ThrowIfNull(cost);
        return app.UseFlowQuota(new FlowQuotaMiddlewareOptions { Cost = cost });
    }

    /// <summary>Meters requests.</summary>
    /// <param name="app">The application; <see cref="FlowQuotaServices.AddFlowQuota"/> is called for its services.</param>
    /// <param name="options">How; later changes of its retries have no effect.</param>
    /// <exception cref="InvalidOperationException">The services are not there.</exception>
    /// <exception cref="ArgumentException">FlowQuota's address or a limit is wrong.</exception>
    public static IApplicationBuilder UseFlowQuota(this IApplicationBuilder app, FlowQuotaMiddlewareOptions options)
    {
        ArgumentNullException.ThrowIfNull(app);
        ArgumentNullException.ThrowIfNull(options);
        var services = app.ApplicationServices;
        if (services.GetService<FlowQuotaClient>() is null)
            throw new InvalidOperationException($"UseFlowQuota needs services.{nameof(FlowQuotaServices.AddFlowQuota)}(…).");
        var connection = new FlowQuotaConnection(
            FlowQuotaServices.Http(services), FlowQuotaServices.Options(services).BaseAddress, options.Retry,
            services.GetService<TimeProvider>() ?? TimeProvider.System);
        var logger = services.GetRequiredService<ILogger<FlowQuotaMiddleware>>();
        return app.Use(next => new FlowQuotaMiddleware(next, options, connection, logger).InvokeAsync);
    }

    /// <summary>What FlowQuota decided about a request; null if none of its middleware has seen it.</summary>
    /// <param name="context">The request.</param>
    public static MeteredRequest? GetMeteredRequest(this HttpContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return context.Features.Get<MeteredRequest>();
    }
}
