using FlowQuota.Execution;
using Xunit;

namespace FlowQuota.Tests.Execution;

/// <summary>No more calls than slots are let in, and a slot is never lost or given twice.</summary>
public sealed class ExecutionSlotsTests
{
    [Fact]
    public async Task A_call_for_which_there_is_no_slot_is_told_so()
    {
        using var slots = new ExecutionSlots(new ExecutionLimits { MaxConcurrency = 1, SlotWait = TimeSpan.FromMilliseconds(20) });
        var taken = (await slots.TryEnterAsync(CancellationToken.None))!;
        await taken.TakeTurnAsync(CancellationToken.None);

        Assert.Null(await slots.TryEnterAsync(CancellationToken.None));
        Assert.Equal((1, 1), (slots.Capacity, slots.InUse));

        taken.Dispose();
        taken.Dispose();

        Assert.Equal(0, slots.InUse);
        var next = (await slots.TryEnterAsync(CancellationToken.None))!;
        await next.TakeTurnAsync(CancellationToken.None);
        Assert.Null(await slots.TryEnterAsync(CancellationToken.None));
    }

    [Fact]
    public async Task Calls_that_saw_the_same_free_slot_take_turns()
    {
        using var slots = new ExecutionSlots(new ExecutionLimits { MaxConcurrency = 1, SlotWait = TimeSpan.FromMinutes(1) });
        using var first = await slots.TryEnterAsync(CancellationToken.None);
        using var second = await slots.TryEnterAsync(CancellationToken.None);
        await first!.TakeTurnAsync(CancellationToken.None);

        var turn = second!.TakeTurnAsync(CancellationToken.None).AsTask();
        Assert.False(turn.IsCompleted);
        first.Dispose();

        await turn;
        Assert.Equal(1, slots.InUse);
    }

    [Fact]
    public async Task A_waiting_call_gets_the_slot_that_becomes_free()
    {
        using var slots = new ExecutionSlots(new ExecutionLimits { MaxConcurrency = 1, SlotWait = TimeSpan.FromMinutes(1) });
        var taken = (await slots.TryEnterAsync(CancellationToken.None))!;
        await taken.TakeTurnAsync(CancellationToken.None);
        var waiting = slots.TryEnterAsync(CancellationToken.None).AsTask();

        taken.Dispose();

        Assert.NotNull(await waiting);
    }

    [Fact]
    public async Task A_call_that_is_gone_stops_waiting()
    {
        using var slots = new ExecutionSlots(new ExecutionLimits { MaxConcurrency = 1, SlotWait = TimeSpan.FromMinutes(1) });
        using var taken = (await slots.TryEnterAsync(CancellationToken.None))!;
        await taken.TakeTurnAsync(CancellationToken.None);
        using var gone = new CancellationTokenSource();
        var waiting = slots.TryEnterAsync(gone.Token).AsTask();

        await gone.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
    }
}
