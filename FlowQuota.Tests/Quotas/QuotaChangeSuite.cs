using Dapper;
using FlowQuota.Admission;
using FlowQuota.Errors;
using FlowQuota.Ledger;
using FlowQuota.Tests.Apps;
using FlowQuota.Tests.Servers;
using FlowQuota.Tokens;
using StackExchange.Redis.Profiling;
using Xunit;

namespace FlowQuota.Tests.Quotas;

/// <summary>Protects admins' changes of a quota: their arithmetic, their rows, their refusals.</summary>
public abstract class QuotaChangeSuite(Stores stores) : LedgerSuite(stores)
{
    [SuiteFact]
    public Task Add_adds_to_what_is_left_and_to_the_total() => AssertChangeAsync(QuotaOperation.Add, 5, remaining: 12, total: 15, "recharge");

    [SuiteFact]
    public Task Set_leaves_the_amount_and_keeps_what_was_consumed() => AssertChangeAsync(QuotaOperation.Set, 20, remaining: 20, total: 23, "recharge");

    [SuiteFact]
    public Task Set_to_nothing_ends_a_token() => AssertChangeAsync(QuotaOperation.Set, 0, remaining: 0, total: 3, "recharge");

    [SuiteFact]
    public Task Reset_gives_the_old_total() => AssertChangeAsync(QuotaOperation.Reset, null, remaining: 10, total: 10, "init");

    [SuiteFact]
    public Task Reset_with_an_amount_gives_a_new_total() => AssertChangeAsync(QuotaOperation.Reset, 4, remaining: 4, total: 4, "init");

    [SuiteFact]
    public Task Reset_to_nothing_is_a_total_of_nothing() => AssertChangeAsync(QuotaOperation.Reset, 0, remaining: 0, total: 0, "init");

    [SuiteFact]
    public async Task A_change_that_would_pass_the_largest_quota_changes_nothing()
    {
        var holder = await Domain.IssueAsync(int.MaxValue);

        Assert.Equal(QuotaChangeStatus.Overflow, (await Domain.Ledger.ChangeAsync(holder.Token, QuotaOperation.Add, 1, "change")).Status);
        await Assert.ThrowsAsync<InvalidFieldException>(
            () => Domain.ChangeAsync(holder, new TokenChange { QuotaOperation = QuotaOperation.Add, QuotaAmount = 1 }));

        Assert.Equal(int.MaxValue, await CounterAsync(holder));
        Assert.Single(await LedgerAsync(holder));
    }

    [SuiteFact]
    public async Task A_change_of_the_quota_alone_asks_Redis_once()
    {
        var holder = await Domain.IssueAsync(10);
        var commands = new ProfilingSession();
        var isProfiled = new AsyncLocal<bool>();
        Redis.Multiplexer.RegisterProfiler(() => isProfiled.Value ? commands : null);

        isProfiled.Value = true;
        await Domain.ChangeAsync(holder, new TokenChange { QuotaOperation = QuotaOperation.Add, QuotaAmount = 5 });
        isProfiled.Value = false;

        Assert.Single(commands.FinishProfiling());
        Assert.Equal(15, await CounterAsync(holder));
    }

    [SuiteFact]
    public async Task The_largest_quota_can_be_granted_and_consumed_to_the_unit()
    {
        var holder = await Domain.IssueAsync(int.MaxValue);

        await Domain.AdmitAsync(holder, cost: 1_000_000);
        await Domain.ChangeAsync(holder, new TokenChange { QuotaOperation = QuotaOperation.Reset });

        Assert.Equal(int.MaxValue, await CounterAsync(holder));
        Assert.Equal([int.MaxValue, int.MaxValue - 1_000_000, int.MaxValue], (await LedgerAsync(holder)).Select(row => row.After!.Value));
    }

    [SuiteFact]
    public async Task A_time_token_has_no_quota_to_change()
    {
        var holder = await Domain.IssueAsync(quota: null);

        Assert.Equal(QuotaChangeStatus.Unmetered, (await Domain.Ledger.ChangeAsync(holder.Token, QuotaOperation.Add, 1, "change")).Status);
        Assert.Single(await LedgerAsync(holder));
    }

    [SuiteFact]
    public async Task A_deleted_token_is_not_changed()
    {
        var holder = await Domain.IssueAsync();
        await Domain.Admin.DeleteAsync(holder.Id, "delete", default);

        Assert.Equal(QuotaChangeStatus.Unknown, (await Domain.Ledger.ChangeAsync(holder.Token, QuotaOperation.Add, 1, "change")).Status);
        Assert.Null(await CounterAsync(holder));
    }

    [SuiteFact]
    public async Task A_cold_token_is_loaded_and_then_changed()
    {
        var holder = await Domain.IssueAsync();
        await Domain.AdmitAsync(holder, cost: 3);
        await EvictAsync(holder);

        await Domain.ChangeAsync(holder, new TokenChange { QuotaOperation = QuotaOperation.Add, QuotaAmount = 5 });

        Assert.Equal(12, await CounterAsync(holder));
        Assert.Equal((2, 1L, 12), (await LedgerAsync(holder)).Select(row => (row.Epoch, row.Seq, row.After!.Value)).Last());
    }

    [SuiteFact]
    public async Task A_quota_given_up_and_taken_again_keeps_the_chain()
    {
        var holder = await Domain.IssueAsync();
        await Domain.AdmitAsync(holder, cost: 3);

        var timed = await Domain.ChangeAsync(holder, new TokenChange { QuotaType = QuotaType.Time });
        Assert.Equal((null, null), (timed!.RemainingQuota, timed.TotalQuota));
        Assert.Null(await CounterAsync(holder));
        await Domain.AdmitAsync(holder);
        await Assert.ThrowsAsync<InvalidFieldException>(() => Domain.ChangeAsync(holder, new TokenChange { QuotaType = QuotaType.Hybrid }));
        await Domain.ChangeAsync(holder,
            new TokenChange { QuotaType = QuotaType.Hybrid, QuotaOperation = QuotaOperation.Set, QuotaAmount = 8 });
        await Domain.AdmitAsync(holder);

        Assert.Equal(7, await CounterAsync(holder));
        Assert.Equal([10, 7, null, null, 8, 7], (await LedgerAsync(holder)).Select(row => row.After));
        var stored = await StoredLedger.ReadQuotaAsync(Stores.Sql, holder.Id);
        Assert.Equal((7, 8), (stored.Remaining, stored.Total));
    }

    [SuiteFact]
    public async Task Older_terms_never_replace_newer_ones()
    {
        var holder = await Domain.IssueAsync();
        await Domain.ChangeAsync(holder, new TokenChange { IsActive = false });

        // An instance that read the row before the change writes its old values.
        var late = await Domain.Ledger.ChangeAsync(holder.Token, QuotaOperation.Add, 5, "late");

        Assert.Equal(QuotaChangeStatus.Done, late.Status);
        Assert.Equal(AdmissionStatus.Disabled, (await Domain.AdmitAsync(holder)).Status);
        Assert.Equal(15, await CounterAsync(holder));
    }

    [SuiteFact]
    public async Task A_change_after_SQL_was_restored_is_in_force()
    {
        var holder = await Domain.IssueAsync();
        for (int limit = 100; limit < 103; limit++)
            await Domain.ChangeAsync(holder, new TokenChange { RateLimitPerMinute = OptionalLimit.To(limit) });
        await using (var connection = await Stores.Sql.OpenAsync(default))
            await connection.ExecuteAsync("UPDATE access_tokens SET row_version = 1, rate_limit_per_minute = NULL WHERE access_token = @Id", new { holder.Id });

        await Domain.ChangeAsync(holder, new TokenChange { IsActive = false });

        Assert.Equal(AdmissionStatus.Disabled, (await Domain.AdmitAsync(holder)).Status);
    }

    [SuiteFact]
    public async Task A_change_is_in_SQL_when_the_answer_comes()
    {
        var holder = await Domain.IssueAsync();

        await Domain.ChangeAsync(holder, new TokenChange { QuotaOperation = QuotaOperation.Add, QuotaAmount = 5 });

        var stored = await StoredLedger.ReadQuotaAsync(Stores.Sql, holder.Id);
        Assert.Equal((15, 15), (stored.Remaining, stored.Total));
        Assert.Equal(2, (await StoredLedger.ReadWholeAsync(Stores.Sql, holder.Id)).Count);
        // And once only, although it waits in the outbox too.
        Assert.Equal(2, (await LedgerAsync(holder)).Count);
    }

    [SuiteFact]
    public async Task New_limits_are_in_force_with_the_next_call()
    {
        var holder = await Domain.IssueAsync();
        await Domain.AdmitAsync(holder);

        await Domain.ChangeAsync(holder, new TokenChange { RateLimitPerMinute = OptionalLimit.To(1), RateLimitWindowSeconds = 10 });
        Assert.Equal(new RateAllowance(1, 10, 0, 10), (await Domain.AdmitAsync(holder)).Allowance!.Rate);
        Assert.Equal(AdmissionStatus.RateLimited, (await Domain.AdmitAsync(holder)).Status);

        await Domain.ChangeAsync(holder, new TokenChange { RateLimitPerMinute = OptionalLimit.To(null) });
        Assert.Null((await Domain.AdmitAsync(holder)).Allowance!.Rate);
    }

    private async Task AssertChangeAsync(QuotaOperation operation, int? amount, int remaining, int total, string action)
    {
        var holder = await Domain.IssueAsync(10);
        await Domain.AdmitAsync(holder, cost: 3);

        var changed = await Domain.ChangeAsync(holder, new TokenChange { QuotaOperation = operation, QuotaAmount = amount });

        Assert.Equal((remaining, total), (changed!.RemainingQuota, changed.TotalQuota));
        Assert.Equal(remaining, await CounterAsync(holder));
        Assert.Equal(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"1:3:{remaining}:{total}"), await WaitingAsync(holder));
        var row = (await LedgerAsync(holder))[^1];
        Assert.Equal((action, 7, remaining, "change"), (row.Action, row.Before, row.After, row.RequestId));
    }
}
