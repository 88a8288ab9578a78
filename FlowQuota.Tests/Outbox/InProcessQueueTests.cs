using FlowQuota.Outbox;
using FlowQuota.SelfHost.Hosting;
using FlowQuota.Tests.Apps;
using Xunit;

namespace FlowQuota.Tests.Outbox;

public sealed class InProcessQueueTests : QueueSuite
{
    private readonly InProcessQueues _queues = new(partitions: 0, TimeProvider.System);

    private protected override IDoorbell Doorbell => _queues;

    private protected override IQueueSource Source => _queues;

    [Fact]
    public async Task A_message_comes_in_time_though_the_clock_is_set_back()
    {
        var clock = new SettableClock();
        var queue = new DelayedQueue(clock);
        queue.Add(new QueuedMessage("", "", 0), TimeSpan.FromMilliseconds(200));
        clock.Offset = TimeSpan.FromHours(-1);

        await queue.TakeAsync(default).WaitAsync(TimeSpan.FromMinutes(1));
    }

    /// <summary>There is no poison queue: the sweep drains, and the failures were logged.</summary>
    private protected override Task AssertPoisonedAsync(string text) => Task.CompletedTask;
}
