using FlowQuota.Execution;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace FlowQuota.Tests.Execution;

/// <summary>
/// A call enters only if its code can run soon; no token keeps the others out; a slot is never lost or given twice.
/// </summary>
public sealed class ExecutionSlotsTests
{
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public async Task A_call_enters_only_while_a_worker_is_free_of_long_runs()
    {
        var slots = Slots(capacity: 1);
        var taken = (await EnterAsync(slots, "a"))!;
        taken.Hold();

        Assert.Null(await EnterAsync(slots, "b"));
        Assert.Equal((1, 1), (slots.Capacity, slots.InUse));

        taken.Dispose();
        taken.Dispose();

        Assert.Equal(0, slots.InUse);
        Assert.NotNull(await EnterAsync(slots, "b"));
        Assert.Null(await EnterAsync(slots, "b"));
    }

    [Fact]
    public async Task No_call_enters_before_a_worker_is_ready()
    {
        var slots = new ExecutionSlots(new ExecutionLimits { MaxConcurrency = 1, SlotWait = TimeSpan.FromMinutes(1) }, _time);
        var waiting = EnterAsync(slots, "a");
        Assert.False(waiting.IsCompleted);

        slots.SetReady(1);

        Assert.NotNull(await waiting);
    }

    [Fact]
    public async Task A_token_of_unknown_runs_enters_as_often_as_it_may_hold_workers_and_the_rest_is_for_others()
    {
        var slots = Slots(capacity: 4);

        Assert.Equal(2, (await EnterAllAsync(slots, "greedy")).Count);
        Assert.Equal(2, (await EnterAllAsync(slots, "other")).Count);
        Assert.Null(await EnterAsync(slots, "third"));
    }

    [Fact]
    public async Task Short_runs_let_more_calls_enter_and_a_long_one_takes_that_back()
    {
        var slots = Slots(capacity: 4);
        var entered = await EnterAllAsync(slots, "a");
        foreach (int expected in (int[])[4, 8, 16, 32, 64, 64])
        {
            entered[0].Start();
            entered[0].End(TimeSpan.Zero);
            entered.AddRange(await EnterAllAsync(slots, "a"));
            Assert.Equal(expected, entered.Count);
        }

        entered[1].Hold();
        entered[2..].ForEach(slot => slot.Dispose());

        Assert.Empty(await EnterAllAsync(slots, "a"));
        Assert.NotEmpty(await EnterAllAsync(slots, "b"));
    }

    [Fact]
    public async Task A_token_whose_long_runs_hold_its_share_waits_while_another_enters()
    {
        var slots = Slots(capacity: 4);
        var held = await EnterAllAsync(slots, "greedy");
        held.ForEach(slot => slot.Hold());

        Assert.Null(await EnterAsync(slots, "greedy"));
        var other = await EnterAsync(slots, "other");
        Assert.NotNull(other);

        held[0].Dispose();
        Assert.NotNull(await EnterAsync(slots, "greedy"));
    }

    [Fact]
    public async Task Waiting_tokens_take_turns()
    {
        var slots = Slots(capacity: 1, TimeSpan.FromMinutes(1));
        var taken = (await EnterAsync(slots, "a"))!;
        List<(string Token, Task<ExecutionSlot?> Turn)> waiting = [];
        foreach (string token in (string[])["a", "a", "a", "b", "c"])
            waiting.Add((token, EnterAsync(slots, token)));

        List<string> order = [];
        for (var next = taken; waiting.Count > 0;)
        {
            next.Dispose();
            await Task.WhenAny(waiting.Select(one => one.Turn));
            var turn = waiting.Single(one => one.Turn.IsCompleted);
            waiting.Remove(turn);
            order.Add(turn.Token);
            next = (await turn.Turn)!;
        }

        Assert.Equal(["a", "b", "c", "a", "a"], order);
    }

    [Fact]
    public async Task A_call_whose_turn_does_not_come_in_time_is_refused_and_leaves_no_trace()
    {
        var slots = Slots(capacity: 1, TimeSpan.FromSeconds(1));
        var taken = (await EnterAsync(slots, "a"))!;
        var refused = EnterAsync(slots, "b");
        var waiting = EnterAsync(slots, "b");

        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Null(await refused);
        Assert.Null(await waiting);
        taken.Dispose();

        Assert.NotNull(await EnterAsync(slots, "c"));
    }

    [Fact]
    public async Task A_call_that_is_gone_stops_waiting()
    {
        var slots = Slots(capacity: 1, TimeSpan.FromMinutes(1));
        using var taken = (await EnterAsync(slots, "a"))!;
        using var gone = new CancellationTokenSource();
        var waiting = slots.TryEnterAsync("b", gone.Token).AsTask();

        await gone.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
    }

    private ExecutionSlots Slots(int capacity, TimeSpan wait = default)
    {
        var slots = new ExecutionSlots(new ExecutionLimits { MaxConcurrency = capacity, SlotWait = wait }, _time);
        slots.SetReady(capacity);
        return slots;
    }

    private static Task<ExecutionSlot?> EnterAsync(ExecutionSlots slots, string token) => slots.TryEnterAsync(token, CancellationToken.None).AsTask();

    private static async Task<List<ExecutionSlot>> EnterAllAsync(ExecutionSlots slots, string token)
    {
        List<ExecutionSlot> entered = [];
        while (await EnterAsync(slots, token) is { } slot)
            entered.Add(slot);
        return entered;
    }
}
