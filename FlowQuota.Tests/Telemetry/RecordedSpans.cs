using System.Collections.Concurrent;
using System.Diagnostics;
using FlowQuota.SelfHost.Telemetry;
using FlowQuota.Telemetry;

namespace FlowQuota.Tests.Telemetry;

/// <summary>Listens to the spans of the OTLP export, ours and their parents, and keeps those that ended.</summary>
internal sealed class RecordedSpans : IDisposable
{
    private readonly ConcurrentQueue<Activity> _ended = new();
    private readonly ActivityListener _listener;

    public RecordedSpans()
    {
        _listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name is FlowQuotaMetrics.Name or OtlpExport.HttpActivities,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = _ended.Enqueue,
        };
        ActivitySource.AddActivityListener(_listener);
    }

    /// <summary>The ended spans of a name, oldest first.</summary>
    public IReadOnlyList<Activity> Of(string name) => [.. _ended.Where(activity => activity.OperationName == name)];

    public void Dispose() => _listener.Dispose();
}
