using Azure.Storage.Queues;
using FlowQuota.Outbox;
using FlowQuota.Redis;
using FlowQuota.SelfHost.Hosting;
using FlowQuota.Tests.Servers;
using Xunit;

namespace FlowQuota.Tests.Outbox;

[Collection(AzuriteCollection.Name)]
[NeedsServer(TestServers.AzuriteVariable)]
public sealed class StorageQueueTests : QueueSuite, IAsyncLifetime
{
    private QueueServiceClient _service = null!;
    private StorageQueues _source = null!;

    private protected override IDoorbell Doorbell => new StorageQueueDoorbell(_service);

    private protected override IQueueSource Source => _source;

    public Task InitializeAsync()
    {
        _service = new QueueServiceClient(TestServers.Azurite, StorageQueueDoorbell.Options());
        _source = new StorageQueues(_service, TimeProvider.System);
        return DeleteQueuesAsync();
    }

    public Task DisposeAsync() => DeleteQueuesAsync();

    [SuiteFact]
    public async Task A_queue_that_is_missing_is_made_by_whoever_comes_first()
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        var reading = _source.ReceiveAsync(DoorbellMessage.AuditQueue, patience.Token);
        await Apps.Eventually.TrueAsync(async () => (await _service.GetQueueClient(DoorbellMessage.AuditQueue).ExistsAsync()).Value);
        await Doorbell.RingAsync(OutboxKind.Sync, 0, TimeSpan.Zero, null, default);
        await Doorbell.RingAsync(OutboxKind.Audit, 0, TimeSpan.Zero, null, default);

        Assert.Equal(DoorbellMessage.Write(0), (await reading).Text);
        Assert.Equal(DoorbellMessage.Write(0), (await ReceiveAsync(DoorbellMessage.SyncQueue)).Text);
    }

    [SuiteFact]
    public async Task A_probe_says_whether_the_doorbell_could_ring()
    {
        await Doorbell.ProbeAsync(default);

        var away = new StorageQueueDoorbell(new QueueServiceClient(AwayStorage.Connection, StorageQueueDoorbell.Options()));
        await Assert.ThrowsAnyAsync<Exception>(() => away.ProbeAsync(default));
    }

    [SuiteFact]
    public async Task A_message_is_written_as_the_Functions_host_reads_it()
    {
        await Doorbell.RingAsync(OutboxKind.Sync, 7, TimeSpan.Zero, null, default);

        // Base64, as host.json leaves the encoding.
        var raw = new QueueServiceClient(TestServers.Azurite).GetQueueClient(DoorbellMessage.SyncQueue);
        string text = (await raw.ReceiveMessageAsync()).Value.MessageText;
        Assert.Equal("{\"partition\":7}", System.Text.Encoding.UTF8.GetString(Convert.FromBase64String(text)));
    }

    private protected override async Task AssertPoisonedAsync(string text)
    {
        var poisoned = await _service.GetQueueClient($"{DoorbellMessage.SyncQueue}-poison").ReceiveMessageAsync();
        Assert.Equal(text, poisoned.Value.MessageText);
    }

    private async Task DeleteQueuesAsync()
    {
        foreach (string queue in new[] { DoorbellMessage.SyncQueue, DoorbellMessage.AuditQueue, $"{DoorbellMessage.SyncQueue}-poison" })
            await _service.GetQueueClient(queue).DeleteIfExistsAsync();
    }
}
