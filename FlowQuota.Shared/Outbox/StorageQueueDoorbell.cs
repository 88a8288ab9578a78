using Azure;
using Azure.Storage.Queues;

namespace FlowQuota.Outbox;

/// <summary>Rings through Azure Storage Queues; the Functions host base64-decodes what it reads, so this encodes.</summary>
/// <param name="service">The storage account's queue service, made with <see cref="Options"/>.</param>
public sealed class StorageQueueDoorbell(QueueServiceClient service) : IDoorbell
{
    private readonly QueueClient[] _queues =
        [service.GetQueueClient(DoorbellMessage.SyncQueue), service.GetQueueClient(DoorbellMessage.AuditQueue)];

    /// <summary>Client options: the host's encoding, and time-outs short enough not to pile up while storage is away.</summary>
    public static QueueClientOptions Options()
    {
        var options = new QueueClientOptions { MessageEncoding = QueueMessageEncoding.Base64 };
        options.Retry.MaxRetries = 1;
        options.Retry.NetworkTimeout = TimeSpan.FromSeconds(2);
        options.Retry.Delay = TimeSpan.FromMilliseconds(200);
        return options;
    }

    /// <inheritdoc/>
    public async Task RingAsync(OutboxKind kind, int partition, TimeSpan delay, string? traceParent, CancellationToken cancellationToken)
    {
        var queue = _queues[(int)kind];
        string message = DoorbellMessage.Write(partition, traceParent);
        try
        {
            await queue.SendMessageAsync(message, delay, cancellationToken: cancellationToken);
        }
        catch (RequestFailedException e) when (e.Status == 404)
        {
            await queue.CreateIfNotExistsAsync(cancellationToken: cancellationToken);
            await queue.SendMessageAsync(message, delay, cancellationToken: cancellationToken);
        }
    }

    /// <inheritdoc/>
    public async Task ProbeAsync(CancellationToken cancellationToken)
    {
        foreach (var queue in _queues)
            await queue.CreateIfNotExistsAsync(cancellationToken: cancellationToken);
    }
}
