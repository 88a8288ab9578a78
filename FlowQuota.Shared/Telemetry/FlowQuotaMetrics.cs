using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace FlowQuota.Telemetry;

/// <summary>The metrics and traces of FlowQuota; meter and activity source are named <c>FlowQuota</c>.</summary>
public sealed class FlowQuotaMetrics : IDisposable
{
    /// <summary>Name of the meter and of the activity source.</summary>
    public const string Name = "FlowQuota";

    /// <summary>Source of spans for admissions, executions, cold loads, drains and clean-ups.</summary>
    public static readonly ActivitySource Activities = new(Name);

    /// <summary>
    /// <see cref="Activity.Current"/> if <see cref="Activities"/> has listeners; otherwise null, because the web server creates
    /// activities even without listeners.
    /// </summary>
    internal static Activity? TracedActivity => Activities.HasListeners() ? Activity.Current : null;

    // From a millisecond to half a minute; the SDK's default buckets are meant for milliseconds.
    private static readonly InstrumentAdvice<double> Seconds = new()
    {
        HistogramBucketBoundaries = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30],
    };

    private readonly Meter _meter = new(Name);
    private readonly Counter<long> _admissions;
    private readonly Histogram<double> _admissionTime;
    private readonly Histogram<double> _executionTime;
    private readonly Counter<long> _unmetered;
    private readonly Counter<long> _coldLoads;
    private readonly Counter<long> _periods;
    private readonly Counter<long> _lapsed;
    private readonly Counter<long> _reservations;
    private readonly Counter<long> _reservedUnits;
    private readonly Counter<long> _doorbells;
    private readonly Histogram<int> _drainBatch;
    private readonly Histogram<double> _drainTime;
    private readonly Histogram<double> _lag;
    private readonly Counter<long> _staleStates;
    private readonly Counter<long> _setAside;
    private readonly Counter<long> _workersEnded;

    /// <summary>Makes the instruments.</summary>
    public FlowQuotaMetrics()
    {
        _admissions = _meter.CreateCounter<long>("flowquota.admissions", "{call}", "Admissions by status.");
        _admissionTime = _meter.CreateHistogram<double>("flowquota.admission.duration", "s", "Time of an admission, cold loads included.", advice: Seconds);
        _unmetered = _meter.CreateCounter<long>("flowquota.unmetered", "{call}", "Calls that a gateway let pass because they could not be decided.");
        _executionTime = _meter.CreateHistogram<double>("flowquota.execution.duration", "s", "Time that code ran, by result.", advice: Seconds);
        _coldLoads = _meter.CreateCounter<long>("flowquota.cold_loads", "{load}", "Tokens loaded from SQL, by result.");
        _periods = _meter.CreateCounter<long>("flowquota.periods", "{period}", "Periods begun.");
        _lapsed = _meter.CreateCounter<long>("flowquota.periods.lapsed", "{unit}", "Units that lapsed at the end of a period.");
        _reservations = _meter.CreateCounter<long>("flowquota.reservations", "{reservation}", "Reservations, by what became of them: open (made), committed, cancelled, expired.");
        _reservedUnits = _meter.CreateCounter<long>("flowquota.reservations.units", "{unit}", "Their units, by the same. Made less ended = held now.");
        _doorbells = _meter.CreateCounter<long>("flowquota.doorbells", "{message}", "Doorbells rung, by queue and result.");
        _drainBatch = _meter.CreateHistogram<int>("flowquota.drain.batch", "{item}", "Items that a drain wrote at once, by queue.");
        _drainTime = _meter.CreateHistogram<double>("flowquota.drain.duration", "s", "Time to write one batch, by queue.", advice: Seconds);
        _lag = _meter.CreateHistogram<double>("flowquota.audit.lag", "s", "From a change to its row in SQL, oldest of each batch.", advice: Seconds);
        _staleStates = _meter.CreateCounter<long>("flowquota.ghosts", "{token}", "Loaded states found older than SQL and removed.");
        _setAside = _meter.CreateCounter<long>("flowquota.dead_letters", "{entry}", "Audit entries set aside.");
        _workersEnded = _meter.CreateCounter<long>("flowquota.sandbox.ended", "{process}", "Sandbox workers that ended, by reason.");
    }

    internal void Admitted<TStatus>(TStatus status, TimeSpan time)
        where TStatus : struct, Enum
    {
        // The name of an enum member is boxed and looked up, so this is skipped while the metric has no listener.
        if (!_admissions.Enabled)
            return;
        var tag = new KeyValuePair<string, object?>("status", status.ToString());
        _admissions.Add(1, tag);
        _admissionTime.Record(time.TotalSeconds, tag);
    }

    /// <summary>Counts a call that passes without an admission, as its gateway asked for (<c>unavailable=allow</c>).</summary>
    public void PassedUnmetered() => _unmetered.Add(1);

    internal void Executed(string result, TimeSpan time) =>
        _executionTime.Record(time.TotalSeconds, new KeyValuePair<string, object?>("result", result));

    /// <summary>Registers a callback that reads the backlog whenever metrics are collected.</summary>
    /// <param name="read">How many items wait in each queue, or null if that is not known.</param>
    internal void WatchBacklog(Func<(long Sync, long Audit)?> read) =>
        _meter.CreateObservableGauge("flowquota.backlog", () => Measure(read()), "{item}", "Items that wait for SQL over all instances, by queue.");

    /// <summary>Registers a callback that reads the state of the sandbox whenever metrics are collected.</summary>
    /// <param name="read">How many workers are ready, and how many of them are busy.</param>
    internal void WatchSandbox(Func<(int Ready, int Busy)> read)
    {
        _meter.CreateObservableGauge("flowquota.sandbox.ready", () => read().Ready, "{process}", "Sandbox workers that can run code.");
        _meter.CreateObservableGauge("flowquota.sandbox.busy", () => read().Busy, "{process}", "Sandbox workers that run code.");
    }

    internal void WorkerEnded(string reason) => _workersEnded.Add(1, new KeyValuePair<string, object?>("reason", reason));

    internal void ColdLoad(string result) => _coldLoads.Add(1, new KeyValuePair<string, object?>("result", result));

    internal void PeriodBegan(int lapsed)
    {
        _periods.Add(1);
        _lapsed.Add(lapsed);
    }

    /// <summary>Counts a reservation that was made or has ended.</summary>
    internal void ReservationIs(string state, int units)
    {
        var tag = new KeyValuePair<string, object?>("state", state);
        _reservations.Add(1, tag);
        _reservedUnits.Add(units, tag);
    }

    internal void Doorbell(string queue, string result) =>
        _doorbells.Add(1, new KeyValuePair<string, object?>("queue", queue), new KeyValuePair<string, object?>("result", result));

    internal void Drained(string queue, int items, TimeSpan time)
    {
        var tag = new KeyValuePair<string, object?>("queue", queue);
        _drainBatch.Record(items, tag);
        _drainTime.Record(time.TotalSeconds, tag);
    }

    internal void Lag(TimeSpan lag) => _lag.Record(lag.TotalSeconds);

    internal void StaleStateEvicted() => _staleStates.Add(1);

    internal void SetAside(int entries)
    {
        if (entries > 0)
            _setAside.Add(entries);
    }

    private static IEnumerable<Measurement<long>> Measure((long Sync, long Audit)? backlog) => backlog is not { } waiting
        ? []
        :
        [
            new(waiting.Sync, new KeyValuePair<string, object?>("queue", "sync")),
            new(waiting.Audit, new KeyValuePair<string, object?>("queue", "audit")),
        ];

    /// <inheritdoc/>
    public void Dispose() => _meter.Dispose();
}
