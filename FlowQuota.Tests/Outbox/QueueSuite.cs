using System.Diagnostics;
using FlowQuota.Outbox;
using FlowQuota.Redis;
using FlowQuota.SelfHost.Hosting;
using FlowQuota.Tests.Servers;
using Xunit;

namespace FlowQuota.Tests.Outbox;

/// <summary>Protects the delivery of a doorbell: it arrives when it is due, is retried if it was not handled, and not for ever.</summary>
public abstract class QueueSuite
{
    private static readonly TimeSpan Soon = TimeSpan.FromMilliseconds(100);

    private protected abstract IDoorbell Doorbell { get; }

    private protected abstract IQueueSource Source { get; }

    [SuiteFact]
    public async Task A_doorbell_comes_after_its_delay_and_names_its_partition()
    {
        long started = Stopwatch.GetTimestamp();
        await Doorbell.RingAsync(OutboxKind.Sync, 3, TimeSpan.FromSeconds(1), null, default);

        var message = await ReceiveAsync(DoorbellMessage.SyncQueue);

        // Queue storage keeps whole seconds, cut off.
        Assert.InRange(Stopwatch.GetElapsedTime(started).TotalSeconds, 0.5, 20);
        Assert.Equal((3, 1L), (DoorbellMessage.Read(message.Text, 4), message.Tries));
        await Source.CompleteAsync(message, default);
        await AssertSilentAsync(DoorbellMessage.SyncQueue);
    }

    [SuiteFact]
    public async Task What_is_due_first_comes_first_and_each_queue_has_its_own()
    {
        await Doorbell.RingAsync(OutboxKind.Audit, 1, TimeSpan.FromSeconds(4), null, default);
        await Doorbell.RingAsync(OutboxKind.Audit, 2, Soon, null, default);
        await Doorbell.RingAsync(OutboxKind.Sync, 0, Soon, null, default);

        var seen = new List<int?>();
        for (int i = 0; i < 2; i++)
        {
            var message = await ReceiveAsync(DoorbellMessage.AuditQueue);
            seen.Add(DoorbellMessage.Read(message.Text, 4));
            await Source.CompleteAsync(message, default);
        }

        Assert.Equal([2, 1], seen);
        await Source.CompleteAsync(await ReceiveAsync(DoorbellMessage.SyncQueue), default);
    }

    [SuiteFact]
    public async Task A_message_is_handed_to_one_reader()
    {
        await Doorbell.RingAsync(OutboxKind.Sync, 0, TimeSpan.Zero, null, default);
        using var enough = new CancellationTokenSource();

        var readers = Enumerable.Range(0, 3).Select(_ => Source.ReceiveAsync(DoorbellMessage.SyncQueue, enough.Token)).ToList();
        var first = await await Task.WhenAny(readers);
        await AssertSilentAsync(DoorbellMessage.SyncQueue);
        await enough.CancelAsync();

        Assert.Equal(2, (await Task.WhenAll(readers.Select(async reader =>
        {
            await Task.WhenAny(reader);
            return reader.IsCanceled;
        }))).Count(isCanceled => isCanceled));
        await Source.CompleteAsync(first, default);
    }

    [SuiteFact]
    public async Task A_message_that_was_not_dealt_with_comes_again_after_a_pause()
    {
        await Doorbell.RingAsync(OutboxKind.Sync, 2, TimeSpan.Zero, null, default);
        long started = Stopwatch.GetTimestamp();
        await Source.AbandonAsync(await ReceiveAsync(DoorbellMessage.SyncQueue), default);

        var again = await ReceiveAsync(DoorbellMessage.SyncQueue);

        Assert.InRange(Stopwatch.GetElapsedTime(started).TotalSeconds, 9, 40);
        Assert.Equal((2, 2L), (DoorbellMessage.Read(again.Text, 4), again.Tries));
        await Source.CompleteAsync(again, default);
    }

    [SuiteFact]
    public async Task After_five_tries_a_message_does_not_come_again()
    {
        await Doorbell.RingAsync(OutboxKind.Sync, 1, TimeSpan.Zero, null, default);
        var message = await ReceiveAsync(DoorbellMessage.SyncQueue);

        await Source.AbandonAsync(message with { Tries = 5 }, default);

        await AssertPoisonedAsync(message.Text);
        await AssertSilentAsync(DoorbellMessage.SyncQueue);
    }

    /// <summary>An operator finds a poisoned message in the poison queue, if there is one.</summary>
    private protected abstract Task AssertPoisonedAsync(string text);

    private protected async Task<QueuedMessage> ReceiveAsync(string queue)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        return await Source.ReceiveAsync(queue, patience.Token);
    }

    private async Task AssertSilentAsync(string queue)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(1));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Source.ReceiveAsync(queue, patience.Token));
    }
}
