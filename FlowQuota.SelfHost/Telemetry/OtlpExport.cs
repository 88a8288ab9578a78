using System.Runtime.CompilerServices;
using FlowQuota.Telemetry;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace FlowQuota.SelfHost.Telemetry;

/// <summary>
/// Sends metrics and traces by OTLP. Where to and how is told by OpenTelemetry's own settings (<c>OTEL_EXPORTER_OTLP_*</c>,
/// <c>OTEL_METRIC_EXPORT_INTERVAL</c>, <c>OTEL_SERVICE_NAME</c> ...), which the SDK reads.
/// </summary>
internal static class OtlpExport
{
    /// <summary>ASP.NET Core's spans of HTTP requests, which are the parents of ours.</summary>
    internal const string HttpActivities = "Microsoft.AspNetCore";

    /// <summary>ASP.NET Core's figures of HTTP requests.</summary>
    private const string HttpMeter = "Microsoft.AspNetCore.Hosting";

    /// <summary>True where there is an endpoint to send to.</summary>
    public static bool IsWanted(IConfiguration configuration) => !string.IsNullOrWhiteSpace(configuration["OTEL_EXPORTER_OTLP_ENDPOINT"]);

    /// <summary>Adds the export. Its own method, so that OpenTelemetry is not even loaded where nobody listens.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void Add(IServiceCollection services) =>
        services.AddOpenTelemetry()
            // What the environment says of the service wins over what we say.
            .ConfigureResource(resource => resource.AddService("flowquota").AddEnvironmentVariableDetector())
            .WithMetrics(metrics => metrics.AddMeter(FlowQuotaMetrics.Name, HttpMeter).AddOtlpExporter())
            .WithTracing(traces => traces.AddSource(FlowQuotaMetrics.Name, HttpActivities).AddOtlpExporter());
}
