using System.Collections.Concurrent;
using Azure;
using Azure.Storage.Queues;
using Azure.Storage.Queues.Models;

namespace FlowQuota.SelfHost.Hosting;

/// <summary>Reads Azure Storage Queues as the Functions host does: five tries, then <c>&lt;queue&gt;-poison</c>.</summary>
internal sealed class StorageQueues(QueueServiceClient service, TimeProvider time) : IQueueSource
{
    private const int MaxTries = 5;
    private static readonly TimeSpan RetryPause = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan HeldFor = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan FirstPoll = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LastPoll = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<string, QueueClient> _clients = new();

    public async Task<QueuedMessage> ReceiveAsync(string queue, CancellationToken cancellationToken)
    {
        var client = Of(queue);
        var pause = FirstPoll;
        while (true)
        {
            if (await TryReceiveAsync(client, cancellationToken) is { } message)
                return new QueuedMessage(queue, message.MessageText, message.DequeueCount, message.MessageId, message.PopReceipt);
            await Task.Delay(pause, time, cancellationToken);
            pause = pause + pause < LastPoll ? pause + pause : LastPoll;
        }
    }

    public async Task CompleteAsync(QueuedMessage message, CancellationToken cancellationToken)
    {
        try
        {
            await Of(message.Queue).DeleteMessageAsync(message.Id, message.Receipt, cancellationToken);
        }
        catch (RequestFailedException e) when (e.Status == 404)
        {
            // The message was held for too long. Another instance has it now and will find nothing left to drain.
        }
    }

    public async Task AbandonAsync(QueuedMessage message, CancellationToken cancellationToken)
    {
        if (message.Tries < MaxTries)
        {
            await Of(message.Queue).UpdateMessageAsync(message.Id, message.Receipt, message.Text, RetryPause, cancellationToken);
            return;
        }

        var poison = Of($"{message.Queue}-poison");
        await poison.CreateIfNotExistsAsync(cancellationToken: cancellationToken);
        await poison.SendMessageAsync(message.Text, cancellationToken);
        await CompleteAsync(message, cancellationToken);
    }

    private static async Task<QueueMessage?> TryReceiveAsync(QueueClient client, CancellationToken cancellationToken)
    {
        try
        {
            return (await client.ReceiveMessageAsync(HeldFor, cancellationToken)).Value;
        }
        catch (RequestFailedException e) when (e.Status == 404)
        {
            await client.CreateIfNotExistsAsync(cancellationToken: cancellationToken);
            return null;
        }
    }

    private QueueClient Of(string queue) => _clients.GetOrAdd(queue, service.GetQueueClient);
}
