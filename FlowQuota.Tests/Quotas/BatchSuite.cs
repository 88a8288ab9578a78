using FlowQuota.Admission;
using FlowQuota.Ledger;
using FlowQuota.Sql;
using FlowQuota.Tests.Apps;
using FlowQuota.Tests.Servers;
using Xunit;
using static FlowQuota.Admission.BatchItemStatus;

namespace FlowQuota.Tests.Quotas;

/// <summary>Batches: items in their order, one row each, all or none or each for itself; invariants 1, 2, 9 and 11.</summary>
public abstract class BatchSuite(Stores stores) : LedgerSuite(stores)
{
    [SuiteFact]
    public async Task Each_item_has_its_row_and_together_they_count_once_for_the_rate_limit()
    {
        var holder = await Domain.IssueAsync(100, token => token with { RateLimitPerMinute = 10 });

        var answer = await ConsumeAsync(holder, isAtomic: true, Item(3, meter: "image"), Item(2, "job-17"), Item(1));

        Assert.Equal((AdmissionStatus.Admitted, 94, 100), (answer.Status, answer.Allowance!.Remaining, answer.Allowance.Total));
        Assert.Equal((6, 9), (answer.Batch!.Units, answer.Allowance.Rate!.Remaining));
        Assert.Equal([Consumed, Consumed, Consumed], answer.Batch.Items);
        Assert.Equal(["init 100  ", "consume -3 image ", "consume -2  job-17", "consume -1  "], await ChangesAsync(holder));
        await AssertBalancedAsync(holder);
    }

    [SuiteFact]
    public async Task Invariant9_An_atomic_batch_takes_all_or_nothing()
    {
        var holder = await Domain.IssueAsync(5);

        var refused = await ConsumeAsync(holder, isAtomic: true, Item(2, "a"), Item(4, "b"), Item(1, "c"));

        Assert.Equal([NotTaken, Exhausted, NotTaken], refused.Batch!.Items);
        Assert.Equal((0, 5), (refused.Batch.Units, await CounterAsync(holder)));
        Assert.Equal([Consumed, Consumed], (await ConsumeAsync(holder, isAtomic: true, Item(2, "a"), Item(3, "b"))).Batch!.Items);
        await AssertBalancedAsync(holder);
    }

    [SuiteFact]
    public async Task Items_that_stand_for_themselves_are_taken_if_they_fit()
    {
        var holder = await Domain.IssueAsync(5);

        var answer = await ConsumeAsync(holder, isAtomic: false, Item(2), Item(4), Item(3));

        Assert.Equal([Consumed, Exhausted, Consumed], answer.Batch!.Items);
        Assert.Equal((5, 0), (answer.Batch.Units, await CounterAsync(holder)));
        await AssertBalancedAsync(holder);
    }

    [SuiteFact]
    public async Task Invariant11_An_item_under_a_key_is_charged_once_in_any_batch()
    {
        var holder = await Domain.IssueAsync(100);
        await ConsumeAsync(holder, isAtomic: true, Item(3, "a"), Item(2, "b"));

        var again = await ConsumeAsync(holder, isAtomic: true, Item(2, "b"), Item(1, "c"), Item(1, "c"));
        var other = await ConsumeAsync(holder, isAtomic: false, Item(4, "b"), Item(7));

        Assert.Equal([Repeated, Consumed, Repeated], again.Batch!.Items);
        Assert.Equal([Mismatch, Consumed], other.Batch!.Items);
        Assert.Equal(100 - 3 - 2 - 1 - 7, await CounterAsync(holder));
        await AssertBalancedAsync(holder);
    }

    [SuiteFact]
    public async Task Invariant11_A_batch_under_a_key_is_charged_once()
    {
        var holder = await Domain.IssueAsync(100);
        var key = IdempotencyKey.Of("consume/batch", "night", "items"u8) with { Text = "night" };
        var batch = new Batch([Item(3), Item(2, "b")], IsAtomic: true);

        var sends = await Task.WhenAll(Enumerable.Range(0, 30).Select(i => Domain.Ledger.AdmitAsync(holder.Presented, batch, $"send-{i}", key)));

        Assert.Single(sends, send => !send.IsRepeat);
        Assert.All(sends, send => Assert.Equal((5, 95), (send.Batch!.Units, send.Allowance!.Remaining)));
        Assert.All(sends, send => Assert.Equal([Consumed, Consumed], send.Batch!.Items));
        Assert.Equal(95, await CounterAsync(holder));
        await AssertBalancedAsync(holder);
    }

    [SuiteFact]
    public async Task Invariant9_A_batch_whose_answer_was_lost_is_given_back_but_for_items_that_another_answered_for()
    {
        var holder = await Domain.IssueAsync(100);
        var lost = ChargeClaim.Begin(new Batch([Item(3, "a"), Item(2, "b"), Item(4)], IsAtomic: true), null, TimeSpan.FromHours(1));
        await AdmitAsync(holder, lost, "lost");
        await ConsumeAsync(holder, isAtomic: true, Item(2, "b"), Item(5, "d"));
        Assert.Equal(86, await CounterAsync(holder));

        Assert.True(await Domain.Ledger.RefundAsync(Call(holder, lost, "lost")));
        Assert.False(await Domain.Ledger.RefundAsync(Call(holder, lost, "lost")));

        // "b" was told to be charged by the second batch, and stays charged.
        Assert.Equal(93, await CounterAsync(holder));
        Assert.Equal([Consumed, Repeated], (await ConsumeAsync(holder, isAtomic: true, Item(3, "a"), Item(2, "b"))).Batch!.Items);
        await AssertBalancedAsync(holder);
    }

    [SuiteFact]
    public async Task Invariant9_An_item_is_given_back_with_the_last_batch_that_answers_for_it()
    {
        var holder = await Domain.IssueAsync(100);
        var (first, second) = (Claim(Item(3, "a")), Claim(Item(3, "a"), Item(1)));
        await AdmitAsync(holder, first, "first");
        await AdmitAsync(holder, second, "second");
        Assert.Equal(96, await CounterAsync(holder));

        await Domain.Ledger.RefundAsync(Call(holder, first, "first"));
        Assert.Equal(96, await CounterAsync(holder));
        await Domain.Ledger.RefundAsync(Call(holder, second, "second"));

        Assert.Equal(100, await CounterAsync(holder));
        Assert.Equal([Consumed], (await ConsumeAsync(holder, isAtomic: true, Item(3, "a"))).Batch!.Items);
        await AssertBalancedAsync(holder);
    }

    [SuiteFact]
    public async Task Invariant1_Parallel_batches_of_500_never_exceed_the_quota()
    {
        var holder = await Domain.IssueAsync(2_700);
        await using var other = await Stores.StartAsync();
        BatchItem[] items = [.. Enumerable.Repeat(Item(1), 500)];

        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(i =>
            (i % 2 == 0 ? Domain : other).Ledger.AdmitAsync(holder.Presented, new Batch(items, IsAtomic: i < 4), $"batch-{i}", null)));

        Assert.Equal(2_700 - (await CounterAsync(holder))!.Value, answers.Sum(answer => answer.Batch!.Units));
        await AssertBalancedAsync(holder);
    }

    private static BatchItem Item(int cost, string? key = null, string meter = "") =>
        new(cost, meter, key is null ? null : IdempotencyKey.Of("item", key, [(byte)cost]) with { Text = key });

    private static ChargeClaim Claim(params BatchItem[] items) => ChargeClaim.Begin(new Batch(items, IsAtomic: true), null, TimeSpan.FromHours(1));

    private static AdmittedCall Call(TestHolder holder, ChargeClaim claim, string requestId) => new(holder.Id, 1, requestId, "", "") { Claim = claim };

    private Task<AdmissionResult> ConsumeAsync(TestHolder holder, bool isAtomic, params BatchItem[] items) =>
        Domain.Ledger.AdmitAsync(holder.Presented, new Batch(items, isAtomic), Guid.CreateVersion7().ToString(), null);

    private async Task AdmitAsync(TestHolder holder, ChargeClaim claim, string requestId) =>
        Assert.Equal(AdmissionStatus.Admitted, (await Domain.Ledger.AdmitAsync(holder.Presented, claim, requestId)).Status);

    private async Task<IReadOnlyList<string>> ChangesAsync(TestHolder holder) =>
        [.. (await LogAsync(holder)).Select(entry => $"{SqlEnums.Of(entry.Action)} {entry.QuotaChange} {entry.Meter} {entry.IdempotencyKey}")];
}
