using System.Runtime.CompilerServices;
using FlowQuota.Telemetry;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace FlowQuota.SelfHost.Telemetry;

/// <summary>
/// Sends metrics and traces by OTLP. OpenTelemetry's own settings (<c>OTEL_EXPORTER_OTLP_*</c>,
/// <c>OTEL_METRIC_EXPORT_INTERVAL</c>, <c>OTEL_SERVICE_NAME</c> ...), which the SDK reads, set the destination and protocol.
/// </summary>
internal static class OtlpExport
{
    /// <summary>ASP.NET Core's spans of HTTP requests, which are the parents of ours.</summary>
    internal const string HttpActivities = "Microsoft.AspNetCore";

    /// <summary>ASP.NET Core's metrics of HTTP requests.</summary>
    private const string HttpMeter = "Microsoft.AspNetCore.Hosting";

    /// <summary>True if an endpoint is set.</summary>
    public static bool IsWanted(IConfiguration configuration) => !string.IsNullOrWhiteSpace(configuration["OTEL_EXPORTER_OTLP_ENDPOINT"]);

    /// <summary>Adds the export. A method of its own, so that OpenTelemetry is not even loaded if there is no endpoint.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void Add(IServiceCollection services) =>
        services.AddOpenTelemetry()
            // The environment's service name takes precedence over ours.
            .ConfigureResource(resource => resource.AddService("flowquota").AddEnvironmentVariableDetector())
            .WithMetrics(metrics => metrics.AddMeter(FlowQuotaMetrics.Name, HttpMeter).AddOtlpExporter())
            .WithTracing(traces => traces.AddSource(FlowQuotaMetrics.Name, HttpActivities).AddOtlpExporter());
}
