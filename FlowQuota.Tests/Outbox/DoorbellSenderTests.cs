using System.Diagnostics.Metrics;
using Azure.Storage.Queues;
using FlowQuota.Outbox;
using FlowQuota.Redis;
using FlowQuota.Telemetry;
using FlowQuota.Tests.Apps;
using Microsoft.Extensions.Logging;
using Xunit;

namespace FlowQuota.Tests.Outbox;

/// <summary>Protects calls from the queue service: ringing never fails a call, is counted, and due doorbells are still sent at the end.</summary>
public sealed class DoorbellSenderTests
{
    [Fact]
    public async Task With_storage_away_ringing_fails_quietly_and_is_counted()
    {
        int failed = 0;
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, listening) =>
            {
                if (instrument is { Meter.Name: FlowQuotaMetrics.Name, Name: "flowquota.doorbells" })
                    listening.EnableMeasurementEvents(instrument);
            },
        };
        listener.SetMeasurementEventCallback<long>((_, count, tags, _) =>
        {
            if (tags.Contains(new KeyValuePair<string, object?>("result", "failed")))
                Interlocked.Add(ref failed, (int)count);
        });
        listener.Start();
        using var metrics = new FlowQuotaMetrics();
        using var log = new CapturedLog();
        using var loggers = LoggerFactory.Create(logging => logging.AddProvider(log));
        var away = new StorageQueueDoorbell(new QueueServiceClient(AwayStorage.Connection, StorageQueueDoorbell.Options()));
        using var ringer = new DoorbellSender(away, metrics, loggers.CreateLogger<DoorbellSender>());
        await ringer.StartAsync(default);

        ringer.Ring(OutboxKind.Sync, 0);
        ringer.Ring(OutboxKind.Audit, 0);

        await Eventually.TrueAsync(() => Volatile.Read(ref failed) >= 2);
        Assert.Equal(2, log.Lines.Count(line => line.Contains("could not be rung, the sweep will drain instead", StringComparison.Ordinal)));
        await ringer.StoppedAsync(default);
    }

    [Fact]
    public async Task What_is_due_when_the_host_stops_is_still_rung()
    {
        var doorbell = new RecordingDoorbell();
        using var metrics = new FlowQuotaMetrics();
        using var loggers = LoggerFactory.Create(_ => { });
        using var ringer = new DoorbellSender(doorbell, metrics, loggers.CreateLogger<DoorbellSender>());
        await ringer.StartAsync(default);

        for (int i = 0; i < 50; i++)
            ringer.Ring(OutboxKind.Audit, i);
        await ringer.StoppedAsync(default);

        Assert.Equal(Enumerable.Range(0, 50), doorbell.Rung.Select(ring => ring.Partition));
    }
}
