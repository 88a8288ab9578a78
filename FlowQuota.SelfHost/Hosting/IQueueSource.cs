namespace FlowQuota.SelfHost.Hosting;

/// <summary>The source of the pump's messages: Azure Storage Queues, or this process.</summary>
internal interface IQueueSource
{
    /// <summary>Waits for a message of a queue that is due.</summary>
    Task<QueuedMessage> ReceiveAsync(string queue, CancellationToken cancellationToken);

    /// <summary>Removes a message that was handled.</summary>
    Task CompleteAsync(QueuedMessage message, CancellationToken cancellationToken);

    /// <summary>
    /// Returns a message that was not handled. It is delivered again after a pause, and after five tries goes to
    /// <c>&lt;queue&gt;-poison</c>.
    /// </summary>
    Task AbandonAsync(QueuedMessage message, CancellationToken cancellationToken);
}
