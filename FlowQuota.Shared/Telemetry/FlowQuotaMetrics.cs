using System.Diagnostics;
using System.Diagnostics.Metrics;
using FlowQuota.Execution;
using FlowQuota.Outbox;
using FlowQuota.Quotas;

namespace FlowQuota.Telemetry;

/// <summary>The figures and traces that FlowQuota gives out; meter and activity source are named <c>FlowQuota</c>.</summary>
public sealed class FlowQuotaMetrics : IDisposable
{
    /// <summary>Name of the meter and of the activity source.</summary>
    public const string Name = "FlowQuota";

    /// <summary>Source of spans for admissions, executions, cold loads, drains and clean-ups.</summary>
    public static readonly ActivitySource Activities = new(Name);

    /// <summary>
    /// What is going on here, where somebody listens to <see cref="Activities"/>; else null, for the web server makes
    /// activities of its own whether or not anybody looks.
    /// </summary>
    internal static Activity? TracedActivity => Activities.HasListeners() ? Activity.Current : null;

    // From a millisecond to half a minute; the SDK's own buckets are made for milliseconds.
    private static readonly InstrumentAdvice<double> Seconds = new()
    {
        HistogramBucketBoundaries = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30],
    };

    private readonly Meter _meter = new(Name);
    private readonly Counter<long> _admissions;
    private readonly Histogram<double> _admissionTime;
    private readonly Histogram<double> _executionTime;
    private readonly Counter<long> _coldLoads;
    private readonly Counter<long> _doorbells;
    private readonly Histogram<int> _drainBatch;
    private readonly Histogram<double> _drainTime;
    private readonly Histogram<double> _lag;
    private readonly Counter<long> _ghosts;
    private readonly Counter<long> _setAside;
    private readonly Counter<long> _workersEnded;

    /// <summary>Makes the instruments.</summary>
    public FlowQuotaMetrics()
    {
        _admissions = _meter.CreateCounter<long>("flowquota.admissions", "{call}", "Admissions by status.");
        _admissionTime = _meter.CreateHistogram<double>("flowquota.admission.duration", "s", "Time of an admission, cold loads included.", advice: Seconds);
        _executionTime = _meter.CreateHistogram<double>("flowquota.execution.duration", "s", "Time that code ran, by result.", advice: Seconds);
        _coldLoads = _meter.CreateCounter<long>("flowquota.cold_loads", "{load}", "Tokens loaded from SQL, by result.");
        _doorbells = _meter.CreateCounter<long>("flowquota.doorbells", "{message}", "Doorbells rung, by queue and result.");
        _drainBatch = _meter.CreateHistogram<int>("flowquota.drain.batch", "{item}", "Items that a drain wrote at once, by queue.");
        _drainTime = _meter.CreateHistogram<double>("flowquota.drain.duration", "s", "Time to write one batch, by queue.", advice: Seconds);
        _lag = _meter.CreateHistogram<double>("flowquota.audit.lag", "s", "From a change to its row in SQL, oldest of each batch.", advice: Seconds);
        _ghosts = _meter.CreateCounter<long>("flowquota.ghosts", "{token}", "Loaded states found older than SQL and removed.");
        _setAside = _meter.CreateCounter<long>("flowquota.dead_letters", "{entry}", "Audit entries set aside.");
        _workersEnded = _meter.CreateCounter<long>("flowquota.sandbox.ended", "{process}", "Sandbox workers that ended, by reason.");
    }

    internal void Admitted(AdmissionStatus status, TimeSpan time)
    {
        // The name of an enum member is boxed and looked up: not on a path that nobody watches.
        if (!_admissions.Enabled)
            return;
        var tag = new KeyValuePair<string, object?>("status", status.ToString());
        _admissions.Add(1, tag);
        _admissionTime.Record(time.TotalSeconds, tag);
    }

    internal void Executed(string result, TimeSpan time) =>
        _executionTime.Record(time.TotalSeconds, new KeyValuePair<string, object?>("result", result));

    /// <summary>Has the backlog asked for whenever figures are collected.</summary>
    /// <param name="read">What waits, or null where that is not known by now.</param>
    internal void WatchBacklog(Func<BacklogState?> read) =>
        _meter.CreateObservableGauge("flowquota.backlog", () => Measure(read()), "{item}", "Items that wait for SQL over all instances, by queue.");

    /// <summary>Has the sandbox asked whenever figures are collected.</summary>
    /// <param name="read">How it does now.</param>
    internal void WatchSandbox(Func<SandboxHealth> read)
    {
        _meter.CreateObservableGauge("flowquota.sandbox.ready", () => read().Ready, "{process}", "Sandbox workers that can run code.");
        _meter.CreateObservableGauge("flowquota.sandbox.busy", () => read().Busy, "{process}", "Sandbox workers that run code.");
    }

    internal void WorkerEnded(string reason) => _workersEnded.Add(1, new KeyValuePair<string, object?>("reason", reason));

    internal void ColdLoad(string result) => _coldLoads.Add(1, new KeyValuePair<string, object?>("result", result));

    internal void Doorbell(OutboxKind kind, string result)
    {
        _doorbells.Add(1, new KeyValuePair<string, object?>("queue", Name(kind)), new KeyValuePair<string, object?>("result", result));

        static string Name(OutboxKind kind) => kind == OutboxKind.Sync ? "sync" : "audit";
    }

    internal void Drained(OutboxKind kind, int items, TimeSpan time)
    {
        var tag = new KeyValuePair<string, object?>("queue", kind == OutboxKind.Sync ? "sync" : "audit");
        _drainBatch.Record(items, tag);
        _drainTime.Record(time.TotalSeconds, tag);
    }

    internal void Lag(TimeSpan lag) => _lag.Record(lag.TotalSeconds);

    internal void GhostEvicted() => _ghosts.Add(1);

    internal void SetAside(int entries)
    {
        if (entries > 0)
            _setAside.Add(entries);
    }

    private static IEnumerable<Measurement<long>> Measure(BacklogState? backlog) => backlog is null
        ? []
        :
        [
            new(backlog.SyncLength, new KeyValuePair<string, object?>("queue", "sync")),
            new(backlog.AuditLength, new KeyValuePair<string, object?>("queue", "audit")),
        ];

    /// <inheritdoc/>
    public void Dispose() => _meter.Dispose();
}
