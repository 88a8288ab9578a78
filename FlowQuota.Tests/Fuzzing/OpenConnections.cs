using System.Diagnostics.Metrics;
using FlowQuota.Tests.Apps;
using Microsoft.Extensions.DependencyInjection;

namespace FlowQuota.Tests.Fuzzing;

/// <summary>Counts the connections of an app that began since; none left means that no work for a disconnected caller is left.</summary>
internal sealed class OpenConnections : IDisposable
{
    private readonly MeterListener _listener = new();
    private long _open;

    public OpenConnections(TestApp app)
    {
        var factory = app.Services.GetRequiredService<IMeterFactory>();
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Name == "kestrel.active_connections" && ReferenceEquals(instrument.Meter.Scope, factory))
                listener.EnableMeasurementEvents(instrument);
        };
        _listener.SetMeasurementEventCallback<long>((_, change, _, _) => Interlocked.Add(ref _open, change));
        _listener.Start();
        // Those of this client would stay open.
        app.Client.DefaultRequestHeaders.ConnectionClose = true;
    }

    /// <summary>Waits until all are closed and their requests are done.</summary>
    public Task EndAsync() => Eventually.TrueAsync(() => Interlocked.Read(ref _open) == 0);

    public void Dispose() => _listener.Dispose();
}
