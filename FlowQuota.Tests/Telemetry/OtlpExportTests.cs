using FlowQuota.Tests.Apps;
using Microsoft.Extensions.DependencyInjection;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;
using Xunit;

namespace FlowQuota.Tests.Telemetry;

/// <summary>Operators see the metrics and traces of the documentation, and without a listener they cost nothing.</summary>
[Collection(TraceCollection.Name)]
public sealed class OtlpExportTests
{
    [Fact]
    public async Task Every_documented_metric_of_a_call_reaches_the_collector()
    {
        await using var receiver = await OtlpReceiver.StartAsync();
        await using var world = TestWorld.Embedded();
        var app = await StartAsync(world, receiver);
        var token = await app.CreateTokenAsync();

        await RunAsync(app, token);
        await app.DrainAsync();

        string[] names =
        [
            "flowquota.admissions", "flowquota.admission.duration", "flowquota.execution.duration", "flowquota.doorbells",
            "flowquota.backlog", "flowquota.drain.batch", "flowquota.drain.duration", "flowquota.audit.lag", "http.server.request.duration",
        ];
        foreach (string name in names)
            await ComesAsync(receiver, "metrics", name);
        Assert.True(receiver.Has("metrics", "Admitted"), "The status of admissions is a tag.");
        Assert.True(receiver.Has("metrics", "http.response.status_code"), "The status of answers is a tag; an alert counts those of 500 and above.");
    }

    [Fact]
    public async Task A_call_is_traced_from_its_admission_to_its_drain_without_its_secret()
    {
        await using var receiver = await OtlpReceiver.StartAsync();
        await using var world = TestWorld.Embedded();
        var app = await StartAsync(world, receiver);
        var token = await app.CreateTokenAsync();

        await RunAsync(app, token);
        // An admin may name a token in full, and it is then a part of the URL.
        await app.AdminAsync(HttpMethod.Get, $"/flow/tokens/{token.Full}/quota");
        await app.AdminAsync(HttpMethod.Get, $"/flow/tokens?token={token.Full}");
        await app.AdminAsync(HttpMethod.Get, $"/flow/nowhere/{token.Full}");
        // The last one; all earlier ones have come when this has.
        await app.AdminAsync(HttpMethod.Post, "/flow/quota/cleanup/trigger");
        await app.DrainAsync();

        foreach (string name in new[] { "flowquota.admit", "flowquota.execute", "flowquota.drain", "flowquota.cleanup", token.Id })
            await ComesAsync(receiver, "traces", name);
        Assert.False(receiver.Has("traces", token.Full), "The secret must not leave.");
    }

    [Fact]
    public async Task The_name_of_the_service_can_be_set()
    {
        await using var receiver = await OtlpReceiver.StartAsync();
        await using var world = TestWorld.Embedded();
        await StartAsync(world, receiver, ("OTEL_SERVICE_NAME", "flowquota-of-a-test"));

        await ComesAsync(receiver, "metrics", "flowquota-of-a-test");
    }

    [Fact]
    public async Task Without_an_endpoint_nothing_collects()
    {
        await using var world = TestWorld.Embedded();
        var app = await world.StartAppAsync();

        Assert.Null(app.Services.GetService<MeterProvider>());
        Assert.Null(app.Services.GetService<TracerProvider>());
    }

    private static async Task ComesAsync(OtlpReceiver receiver, string signal, string name)
    {
        try
        {
            await Eventually.TrueAsync(() => receiver.Has(signal, name));
        }
        catch (TimeoutException)
        {
            Assert.Fail($"{name} is missing in the {signal}.");
        }
    }

    /// <summary>Runs code once; on a crowded machine Redis may be too slow for a call, which is then answered 503.</summary>
    private static Task RunAsync(TestApp app, TestToken token) =>
        Eventually.TrueAsync(async () => (await app.ExecuteAsync(token, "return 1")).Status == 200);

    private static Task<TestApp> StartAsync(TestWorld world, OtlpReceiver receiver, params (string Name, string Value)[] settings) => world.StartAppAsync(
    [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.Endpoint), ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"),
        ("OTEL_METRIC_EXPORT_INTERVAL", "200"), ("OTEL_BSP_SCHEDULE_DELAY", "200"), .. settings,
    ]);
}
