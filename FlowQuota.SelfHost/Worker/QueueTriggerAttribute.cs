namespace Microsoft.Azure.Functions.Worker;

/// <summary>Stands in for the worker's type: the function takes messages of a queue, one at a time.</summary>
/// <param name="queueName">Name of the queue.</param>
[AttributeUsage(AttributeTargets.Parameter)]
public sealed class QueueTriggerAttribute(string queueName) : Attribute
{
    /// <summary>Name of the queue.</summary>
    public string QueueName { get; } = queueName;
}
