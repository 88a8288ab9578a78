using Azure;
using Azure.Identity;
using Azure.Storage.Queues;
using FlowQuota.Errors;
using FlowQuota.Redis;

namespace FlowQuota.Outbox;

/// <summary>Rings through Azure Storage Queues. Encodes messages in base64, which the Functions host expects.</summary>
/// <param name="service">The storage account's queue service, made with <see cref="Options"/>.</param>
public sealed class StorageQueueDoorbell(QueueServiceClient service) : IDoorbell
{
    private readonly QueueClient[] _queues =
        [service.GetQueueClient(DoorbellMessage.SyncQueue), service.GetQueueClient(DoorbellMessage.AuditQueue)];

    /// <summary>
    /// Client options: the host's encoding, and time-outs short enough not to pile up during an outage of the storage.
    /// </summary>
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
        try
        {
            foreach (var queue in _queues)
                await queue.CreateIfNotExistsAsync(cancellationToken: cancellationToken);
        }
        catch (Exception e) when (e is RequestFailedException or AggregateException or AuthenticationFailedException or HttpRequestException or IOException)
        {
            throw new StoreUnavailableException("Queue storage", e, Explain(e));
        }
    }

    private static string Explain(Exception exception) => exception switch
    {
        // One failure for each attempt.
        AggregateException { InnerExceptions: [.., var last] } => Explain(last),
        AuthenticationFailedException => "has no identity to authenticate with: does the app have a managed identity, and does AzureWebJobsStorage__clientId name it?",
        RequestFailedException { Status: 401 or 403 } =>
            "refuses the key or the identity of AzureWebJobsStorage: correct it, or grant the identity Storage Queue Data Contributor",
        RequestFailedException { Status: 404 } => "has no such account: correct AzureWebJobsStorage",
        RequestFailedException { Status: 409 } => "is deleting a queue of this service: wait for its end",
        RequestFailedException { Status: 429 or >= 500 } => "is overloaded, or failed",
        RequestFailedException { Status: >= 400 } => "refuses what it is asked: is AzureWebJobsStorage a queue service?",
        OperationCanceledException or TimeoutException => "does not answer in time",
        _ => "cannot be reached",
    };
}
