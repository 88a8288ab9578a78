using FlowQuota.Functions.Auditing;
using FlowQuota.Functions.Gateways;
using FlowQuota.Functions.WebConsole;
using FlowQuota.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace FlowQuota.Functions.Http;

/// <summary>
/// Registers the services of the HTTP functions. The Functions host makes a function's class anew for each call, so what
/// outlives a call is here.
/// </summary>
public static class FlowHttpServices
{
    /// <summary>Adds the pipeline and its dependencies, beside <see cref="FlowQuotaServices.AddFlowQuota"/>.</summary>
    public static IServiceCollection AddFlowQuotaHttp(this IServiceCollection services) => services
        .AddSingleton<TimeZoneFormatter>()
        .AddSingleton<AdminAuthentication>()
        .AddSingleton<AccessTokenAuthentication>()
        .AddSingleton<CrossOrigin>()
        .AddSingleton<LedgerCaller>()
        .AddSingleton<FlowPipeline>()
        .AddSingleton<UnmeteredPasses>()
        .AddSingleton<ConsoleFiles>();

    /// <summary>Removes the platform's own entries about each request from the log.</summary>
    /// <remarks>
    /// The server would log each URL, and an admin may write a full token there. If its log is on, it also makes an activity
    /// for each request even without a listener. The pipeline logs exceptions.
    /// </remarks>
    public static ILoggingBuilder AddFlowQuotaFilters(this ILoggingBuilder logging) => logging
        .AddFilter("Microsoft", LogLevel.Warning)
        .AddFilter("Microsoft.AspNetCore.Hosting.Diagnostics", LogLevel.None)
        .AddFilter("Azure", LogLevel.Warning);
}
