using System.Diagnostics;
using FlowQuota.Admission;
using FlowQuota.Functions.Outbox;
using FlowQuota.Telemetry;
using FlowQuota.Tests.Apps;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace FlowQuota.Tests.Telemetry;

/// <summary>A listener can follow a call through its doorbell to the drain that wrote it; without one, traces cost nothing.</summary>
[Collection(TraceCollection.Name)]
public sealed class TraceTests
{
    [Fact]
    public async Task The_drain_that_a_call_rang_for_is_linked_to_it()
    {
        using var spans = new RecordedSpans();
        await using var world = TestWorld.Embedded();
        // Only a doorbell starts a drain.
        var app = await world.StartAppAsync(("OUTBOX_SWEEP_INTERVAL_MINUTES", "60"));
        var token = await app.CreateTokenAsync();
        // The doorbells that every run begins with ring first.
        await Eventually.TrueAsync(() => spans.Of("flowquota.drain").Count >= 2);

        Assert.Equal(200, (await app.ExecuteAsync(token, "return 1")).Status);

        var call = Assert.Single(spans.Of("flowquota.admit"));
        var code = Assert.Single(spans.Of("flowquota.execute"));
        Assert.Equal(call.TraceId, code.TraceId);
        await Eventually.TrueAsync(() => Linked(spans, call).Count == 2);
        Assert.Equal(["Audit", "Sync"], Linked(spans, call).Select(drain => (string)drain.GetTagItem("flowquota.queue")!).Order(StringComparer.Ordinal));
        foreach (var drain in Linked(spans, call))
        {
            Assert.Equal("Drained", drain.GetTagItem("flowquota.result"));
            Assert.True((long)drain.GetTagItem("flowquota.items")! >= 1);
            Assert.NotEqual(call.TraceId, drain.TraceId);
        }

        Assert.Equal((token.Id, "Admitted"), (call.GetTagItem("flowquota.token_id"), call.GetTagItem("flowquota.status")));
        Assert.Equal("Success", code.GetTagItem("flowquota.result"));
    }

    [Fact]
    public async Task A_doorbell_carries_the_traceparent_of_the_call_that_rang()
    {
        await using var stores = new DisposableStores();
        await stores.Value.InitializeAsync();
        await using var domain = await stores.Value.StartAsync();
        var holder = await domain.IssueAsync();
        using var spans = new RecordedSpans();

        await domain.AdmitAsync(holder);

        var call = Assert.Single(spans.Of("flowquota.admit"));
        await Eventually.TrueAsync(() => domain.Doorbell.Rung.Count == 2);
        Assert.Equal([call.Id, call.Id], domain.Doorbell.TraceParents);
        Assert.StartsWith("00-", call.Id, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_a_listener_a_doorbell_says_nothing_of_who_rang_and_nothing_is_made_for_it()
    {
        await using var stores = new DisposableStores();
        await stores.Value.InitializeAsync();
        await using var domain = await stores.Value.StartAsync();
        var holder = await domain.IssueAsync();
        // As the web server makes one even without a listener.
        using var server = new Activity("request").Start();

        Assert.Equal(AdmissionStatus.Admitted, (await domain.AdmitAsync(holder)).Status);

        await Eventually.TrueAsync(() => domain.Doorbell.Rung.Count == 2);
        Assert.Equal([null, null], domain.Doorbell.TraceParents);
        Assert.False(FlowQuotaMetrics.Activities.HasListeners());
        Assert.Null(FlowQuotaMetrics.TracedActivity);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 1000; i++)
        {
            using var span = FlowQuotaMetrics.Activities.StartActivity("flowquota.admit");
            Assert.Null(span ?? FlowQuotaMetrics.TracedActivity);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Theory]
    [InlineData("""{"partition":0,"traceparent":"not one"}""")]
    [InlineData("""{"partition":0,"traceparent":7}""")]
    [InlineData("""{"partition":0}""")]
    [InlineData("ring")]
    public async Task A_bad_or_missing_traceparent_never_fails_a_drain(string message)
    {
        using var spans = new RecordedSpans();
        await using var world = TestWorld.Embedded();
        var app = await world.StartAppAsync(("OUTBOX_SWEEP_INTERVAL_MINUTES", "60"));
        await Eventually.TrueAsync(() => spans.Of("flowquota.drain").Count >= 2);
        int before = spans.Of("flowquota.drain").Count;

        await app.Services.GetRequiredService<DrainFunctions>().WriteQuotaLogs(message, default);

        var drain = spans.Of("flowquota.drain")[before];
        Assert.Equal("Drained", drain.GetTagItem("flowquota.result"));
        Assert.Empty(drain.Links);
    }

    [Fact]
    public async Task A_cold_load_is_a_part_of_its_calls_trace_and_a_clean_up_has_a_trace()
    {
        using var spans = new RecordedSpans();
        await using var world = TestWorld.Embedded();
        var app = await world.StartAppAsync();
        var token = await app.CreateTokenAsync();
        await app.Redis.KeyDeleteAsync([$"quota:{token.Id}", $"token:{token.Id}"]);

        Assert.Equal(200, (await app.ConsumeAsync(token)).Status);
        await app.AdminAsync(HttpMethod.Post, "/flow/quota/cleanup/trigger");

        var load = Assert.Single(spans.Of("flowquota.cold_load"));
        Assert.Equal((token.Id, "Loaded"), (load.GetTagItem("flowquota.token_id"), load.GetTagItem("flowquota.result")));
        Assert.Equal(Assert.Single(spans.Of("flowquota.admit")).SpanId, load.ParentSpanId);
        var cleanup = Assert.Single(spans.Of("flowquota.cleanup"));
        Assert.Equal((0L, true), (cleanup.GetTagItem("flowquota.deleted"), cleanup.GetTagItem("flowquota.completed")));
    }

    private static IReadOnlyList<Activity> Linked(RecordedSpans spans, Activity call) =>
        [.. spans.Of("flowquota.drain").Where(drain => drain.Links.Any(link => link.Context.SpanId == call.SpanId && link.Context.TraceId == call.TraceId))];

    private sealed class DisposableStores : IAsyncDisposable
    {
        public EmbeddedStores Value { get; } = new();

        public async ValueTask DisposeAsync() => await Value.DisposeAsync();
    }
}
