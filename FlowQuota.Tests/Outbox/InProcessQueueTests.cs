using FlowQuota.Outbox;
using FlowQuota.SelfHost.Hosting;

namespace FlowQuota.Tests.Outbox;

public sealed class InProcessQueueTests : QueueSuite
{
    private readonly InProcessQueues _queues = new(partitions: 0, TimeProvider.System);

    private protected override IDoorbell Doorbell => _queues;

    private protected override IQueueSource Source => _queues;

    /// <summary>There is no such place: the sweep drains, and the failures were logged.</summary>
    private protected override Task AssertPoisonedAsync(string text) => Task.CompletedTask;
}
