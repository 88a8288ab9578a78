using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace FlowQuota.Functions.Http;

/// <summary>Registers what the HTTP functions share.</summary>
public static class FlowHttpServices
{
    /// <summary>Adds the pipeline and what it needs, beside <see cref="FlowQuotaServices.AddFlowQuota"/>.</summary>
    public static IServiceCollection AddFlowQuotaHttp(this IServiceCollection services) => services
        .AddSingleton<FlowClock>()
        .AddSingleton<AdminAuthentication>()
        .AddSingleton<Callers>()
        .AddSingleton<FlowPipeline>();

    /// <summary>Leaves out of the log what the platform tells of every request.</summary>
    /// <remarks>
    /// The server would log each URL, and an admin may name a token in full there (contract, section 3). Where its log is on
    /// it also makes an activity for each request, whoever listens. Exceptions are told by the pipeline.
    /// </remarks>
    public static ILoggingBuilder AddFlowQuotaFilters(this ILoggingBuilder logging) => logging
        .AddFilter("Microsoft", LogLevel.Warning)
        .AddFilter("Microsoft.AspNetCore.Hosting.Diagnostics", LogLevel.None)
        .AddFilter("Azure", LogLevel.Warning);
}
