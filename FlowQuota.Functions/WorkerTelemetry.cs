using Azure.Identity;
using Azure.Monitor.OpenTelemetry.Exporter;
using FlowQuota.Telemetry;
using Microsoft.ApplicationInsights.Extensibility;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace FlowQuota.Functions;

/// <summary>
/// Sends the worker's telemetry to Application Insights. Logs go through its own SDK, which knows the host's invocations.
/// Metrics and our spans go through OpenTelemetry, because that SDK reads neither. The self-host omits this file.
/// </summary>
internal static class WorkerTelemetry
{
    /// <summary>ASP.NET Core's metrics of the requests that the host hands to the worker.</summary>
    private const string HttpMeter = "Microsoft.AspNetCore.Hosting";

    /// <summary>Enough of an instance's traces to see slow calls, at a cost that does not grow with the calls.</summary>
    private const double TracesPerSecond = 1;

    /// <summary>Adds it if <c>APPLICATIONINSIGHTS_CONNECTION_STRING</c> is set.</summary>
    public static IServiceCollection AddWorkerTelemetry(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddApplicationInsightsTelemetryWorkerService().ConfigureFunctionsApplicationInsights();
        services.Configure<LoggerFilterOptions>(KeepInformation);
        if (configuration["APPLICATIONINSIGHTS_CONNECTION_STRING"] is not { Length: > 0 } connection)
            return services;

        // Set to "ClientId=...;Authorization=AAD" if Application Insights accepts no keys. AZURE_CLIENT_ID then names the
        // identity.
        var credential = configuration["APPLICATIONINSIGHTS_AUTHENTICATION_STRING"] is { Length: > 0 } ? new DefaultAzureCredential() : null;
        if (credential is not null)
            services.Configure<TelemetryConfiguration>(telemetry => telemetry.SetAzureTokenCredential(credential));
        services.AddOpenTelemetry()
            .WithMetrics(metrics => metrics.AddMeter(FlowQuotaMetrics.Name, HttpMeter)
                .AddAzureMonitorMetricExporter(exporter => (exporter.ConnectionString, exporter.Credential) = (connection, credential)))
            .WithTracing(traces => traces.AddSource(FlowQuotaMetrics.Name)
                .AddAzureMonitorTraceExporter(exporter =>
                    (exporter.ConnectionString, exporter.Credential, exporter.TracesPerSecond) = (connection, credential, TracesPerSecond)));
        return services;
    }

    /// <summary>
    /// The SDK passes warnings only, but the runbook also needs "Redis AOF ..." and "Log cleanup removed ...". Entries of the
    /// platform's libraries stay at warnings.
    /// </summary>
    private static void KeepInformation(LoggerFilterOptions options)
    {
        const string provider = "Microsoft.Extensions.Logging.ApplicationInsights.ApplicationInsightsLoggerProvider";
        if (options.Rules.FirstOrDefault(rule => rule.ProviderName == provider) is { } warningsOnly)
            options.Rules.Remove(warningsOnly);
        foreach (string category in new[] { "Microsoft", "Azure", "System" })
            options.Rules.Add(new LoggerFilterRule(provider, category, LogLevel.Warning, null));
    }
}
