using FlowQuota.Execution;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace FlowQuota.Tests.Execution;

/// <summary>No more calls than slots are let in, and a slot is never lost or given twice.</summary>
public sealed class ExecutionSlotsTests
{
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public async Task A_call_for_which_there_is_no_slot_is_told_so()
    {
        var slots = new ExecutionSlots(new ExecutionLimits { MaxConcurrency = 1, SlotWait = TimeSpan.Zero }, _time);
        var taken = (await slots.TryEnterAsync(CancellationToken.None))!;
        taken.Start();

        Assert.Null(await slots.TryEnterAsync(CancellationToken.None));
        Assert.Equal((1, 1), (slots.Capacity, slots.InUse));

        taken.Dispose();
        taken.Dispose();
        _time.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal(0, slots.InUse);
        var next = (await slots.TryEnterAsync(CancellationToken.None))!;
        next.Start();
        Assert.Null(await slots.TryEnterAsync(CancellationToken.None));
    }

    [Fact]
    public async Task Calls_are_let_in_while_slots_come_free_by_the_moment()
    {
        var slots = new ExecutionSlots(new ExecutionLimits { MaxConcurrency = 1, SlotWait = TimeSpan.Zero }, _time);
        using var first = (await slots.TryEnterAsync(CancellationToken.None))!;
        using var second = (await slots.TryEnterAsync(CancellationToken.None))!;
        first.Start();
        second.Start();
        Assert.Null(await slots.TryEnterAsync(CancellationToken.None));

        first.Dispose();

        Assert.Equal(1, slots.InUse);
        using (Assert.IsType<ExecutionSlots.Lease>(await slots.TryEnterAsync(CancellationToken.None)))
        {
        }

        _time.Advance(TimeSpan.FromMilliseconds(20));
        Assert.Null(await slots.TryEnterAsync(CancellationToken.None));
    }

    [Fact]
    public async Task However_often_slots_come_free_the_calls_that_are_let_in_are_bounded()
    {
        var slots = new ExecutionSlots(new ExecutionLimits { MaxConcurrency = 2, SlotWait = TimeSpan.Zero }, _time);
        var entered = new List<ExecutionSlots.Lease>();
        while (await slots.TryEnterAsync(CancellationToken.None) is { } lease)
            entered.Add(lease);

        Assert.Equal(64, entered.Count);
        entered[0].Dispose();
        Assert.NotNull(await slots.TryEnterAsync(CancellationToken.None));
        Assert.Null(await slots.TryEnterAsync(CancellationToken.None));
    }

    [Fact]
    public async Task A_waiting_call_gets_the_slot_that_becomes_free()
    {
        var slots = new ExecutionSlots(new ExecutionLimits { MaxConcurrency = 1, SlotWait = TimeSpan.FromMinutes(1) }, _time);
        var taken = (await slots.TryEnterAsync(CancellationToken.None))!;
        taken.Start();
        var waiting = slots.TryEnterAsync(CancellationToken.None).AsTask();

        taken.Dispose();

        Assert.NotNull(await waiting);
    }

    [Fact]
    public async Task A_call_that_is_gone_stops_waiting()
    {
        var slots = new ExecutionSlots(new ExecutionLimits { MaxConcurrency = 1, SlotWait = TimeSpan.FromMinutes(1) }, _time);
        using var taken = (await slots.TryEnterAsync(CancellationToken.None))!;
        taken.Start();
        using var gone = new CancellationTokenSource();
        var waiting = slots.TryEnterAsync(gone.Token).AsTask();

        await gone.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
    }
}
