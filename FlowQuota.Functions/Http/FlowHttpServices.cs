using Microsoft.Extensions.DependencyInjection;

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
}
