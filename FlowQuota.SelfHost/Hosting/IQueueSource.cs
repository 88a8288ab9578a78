namespace FlowQuota.SelfHost.Hosting;

/// <summary>Where the pump gets messages from: Azure Storage Queues, or this process.</summary>
internal interface IQueueSource
{
    /// <summary>Waits for a message of a queue that is due.</summary>
    Task<QueuedMessage> ReceiveAsync(string queue, CancellationToken cancellationToken);

    /// <summary>The message was dealt with.</summary>
    Task CompleteAsync(QueuedMessage message, CancellationToken cancellationToken);

    /// <summary>The message was not dealt with: it comes again after a pause, and after five tries goes to <c>&lt;queue&gt;-poison</c>.</summary>
    Task AbandonAsync(QueuedMessage message, CancellationToken cancellationToken);
}
