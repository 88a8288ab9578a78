using Dapper;
using FlowQuota.Administration;
using FlowQuota.Admission;
using FlowQuota.Ledger;
using FlowQuota.Periods;
using FlowQuota.Tests.Apps;
using FlowQuota.Tests.Servers;
using FlowQuota.Tokens;
using Xunit;
using static FlowQuota.Tests.Apps.PeriodicTokens;

namespace FlowQuota.Tests.Quotas;

/// <summary>Periods at the ends of their ranges, in races, and where somebody changed them by hand.</summary>
public abstract class PeriodFaultSuite(Stores stores) : LedgerSuite(stores)
{
    [SuiteFact]
    public async Task An_amount_as_large_as_it_can_be_does_not_lead_beyond_the_largest_total()
    {
        var holder = await IssueAsync();
        await Domain.ChangeAsync(holder, new TokenChange { QuotaOperation = QuotaOperation.Add, QuotaAmount = 10 });
        await Domain.AdmitAsync(holder, cost: 15);

        var changed = await Domain.ChangeAsync(holder, Amount(int.MaxValue));

        Assert.Equal((int.MaxValue - 15, int.MaxValue), (changed!.RemainingQuota, changed.TotalQuota));
        await AssertBalancedAsync(holder);
    }

    [SuiteFact]
    public async Task What_lapses_at_once_does_not_lead_beyond_the_largest_balance()
    {
        var holder = await IssueAsync(Yearly with { Amount = int.MaxValue });
        var call = (await Domain.AdmitAsync(holder, cost: 3)).Call! with { PeriodTime = ThisYear.AddDays(-1) };

        Assert.True(await Domain.Ledger.RefundAsync(call with { Cost = 5 }));
        Assert.Equal(int.MaxValue - 3, await CounterAsync(holder));
        Assert.True(await Domain.Ledger.RefundAsync(call with { PeriodTime = null }));
        Assert.False(await Domain.Ledger.RefundAsync(call));

        Assert.Equal([int.MaxValue, int.MaxValue - 3, int.MaxValue - 3 + 3, int.MaxValue - 3, int.MaxValue], (await LedgerAsync(holder)).Select(row => row.After));
        await AssertBalancedAsync(holder);
    }

    [SuiteFact]
    public async Task Who_saw_an_earlier_rule_does_not_begin_a_period_by_it()
    {
        var holder = await IssueAsync(left: 4, years: 1);
        var seen = await Domain.Ledger.GetLedgerStateAsync(holder.Id);
        var token = (await Domain.Tokens.FindAsync(holder.Id, default))!;
        token = (await Domain.Tokens.TryUpdateTermsAsync(token with { Period = Yearly with { Amount = 25 } }, default))!;
        await Domain.Ledger.ChangeAsync(token, QuotaOperation.None, null, "change");

        Assert.True(await Domain.Get<DueChanges>().TryMakeAsync(holder.Id, seen));

        Assert.Equal((25, 25), await QuotaAsync(holder));
        Assert.Equal(["init", "expire", "refill"], (await LedgerAsync(holder)).Select(row => row.Action));
        await AssertBalancedAsync(holder);
    }

    [SuiteFact]
    public async Task Who_saw_a_clock_that_was_set_back_since_begins_no_period_ahead_of_it()
    {
        var holder = await IssueAsync(left: 4, years: 1);
        var seen = await Domain.Ledger.GetLedgerStateAsync(holder.Id);

        Assert.True(await Domain.Get<DueChanges>().TryMakeAsync(holder.Id, seen with { ReadAt = ThisYear.AddYears(1) }));

        Assert.Equal(["init"], (await LedgerAsync(holder)).Select(row => row.Action));
        Assert.Equal((10, 10), await QuotaAsync(holder));
        await AssertBalancedAsync(holder);
    }

    [SuiteFact]
    public async Task Of_a_change_of_the_amount_and_the_quota_both_rows_are_in_SQL_at_once_and_a_repeat_finds_the_last()
    {
        var holder = await IssueAsync();

        await Domain.ChangeAsync(holder, Amount(25) with { QuotaOperation = QuotaOperation.Add, QuotaAmount = 5 });

        Assert.Equal([10, 25, 30], (await StoredLedger.ReadWholeAsync(Stores.Sql, holder.Id)).Select(row => row.After));
        var found = await Domain.Get<IQuotaLogStore>().FindChangeAsync(holder.Id, "change", new LedgerPosition(1, 1), default);
        Assert.Equal((30, 30), (found!.QuotaAfter, found.TotalAfter));
        await AssertBalancedAsync(holder);
    }

    [SuiteFact]
    public async Task Periods_that_end_after_a_boundary_nobody_has_seen_begin_the_period_first()
    {
        var holder = await IssueAsync(left: 4, years: 1);
        await EvictAsync(holder);

        var ended = await Domain.ChangeAsync(holder, new TokenChange { Period = new PeriodRuleChange { DefaultTimeZone = "UTC", Ends = true } });

        Assert.Equal((10, 10, null), (ended!.RemainingQuota, ended.TotalQuota, ended.Period));
        Assert.Equal(["init", "expire", "refill", "recharge"], (await LedgerAsync(holder)).Select(row => row.Action));
        await AssertBalancedAsync(holder);
    }

    [SuiteFact]
    public async Task A_period_that_is_over_ends_by_the_old_rule_whether_or_not_Redis_holds_the_token()
    {
        foreach (bool isHot in new[] { true, false })
        {
            var holder = await IssueAsync(left: 4, years: 1);
            if (!isHot)
                await EvictAsync(holder);

            var changed = await Domain.ChangeAsync(holder, new TokenChange { Period = new() { DefaultTimeZone = "UTC", Unit = PeriodUnit.Hour, Amount = 25 } });

            Assert.Equal((25, new PeriodState(4, ThisYear, ThisYear.AddYears(1), 25, 0)), (changed!.RemainingQuota, changed.PeriodState));
            Assert.Equal(["init", "expire", "refill", "recharge"], (await LedgerAsync(holder)).Select(row => row.Action));
            await AssertBalancedAsync(holder);
        }
    }

    [SuiteFact]
    public async Task A_load_that_read_older_terms_than_Redis_has_leaves_the_first_period_to_the_newer_ones()
    {
        var holder = await Domain.IssueAsync(10);
        await Redis.HashSetAsync(Domain.Keyspace.Token(holder.Id), [new("version", long.MaxValue / 2048), new("rule", Yearly.ToText())]);
        await EvictAsync(holder, token: false);

        var admission = await Domain.AdmitAsync(holder);

        Assert.Equal((9, null), (admission.Allowance!.Remaining, admission.Allowance.Period));
        await Redis.HashDeleteAsync(Domain.Keyspace.Token(holder.Id), ["version", "rule"]);
        await AssertBalancedAsync(holder);
    }

    [SuiteFact]
    public async Task One_token_with_a_damaged_period_does_not_hide_the_others_and_is_found()
    {
        TestHolder[] damaged = [await IssueAsync(), await IssueAsync()];
        var sound = await IssueAsync();
        await Domain.DrainAsync();
        await using (var connection = await Stores.Sql.OpenAsync(default))
        {
            await connection.ExecuteAsync("UPDATE access_tokens SET period_rule = 'year 1 10 - Mars/Olympus 0' WHERE access_token = @Id", damaged[0]);
            await connection.ExecuteAsync("UPDATE access_tokens SET period_state = 'third' WHERE access_token = @Id", damaged[1]);
        }

        foreach (var holder in damaged)
            Assert.Single((await Domain.Admin.SearchAsync(new TokenQuery(holder.Id, null, null, 1, 10), default)).Tokens);
        Assert.Equal(Yearly, Assert.Single((await Domain.Admin.SearchAsync(new TokenQuery(sound.Id, null, null, 1, 10), default)).Tokens).Period);
        var problems = (await Domain.Get<LedgerVerification>().VerifyAsync(null, 1000, default)).Problems;
        Assert.Contains(problems, problem => problem.TokenId == damaged[1].Id);
        Assert.DoesNotContain(problems, problem => problem.TokenId == sound.Id);
        await AssertBalancedAsync(sound);
        await RemoveAsync(damaged);
    }

    [SuiteFact]
    public async Task A_damaged_period_in_Redis_stops_no_call_of_another_token_and_is_found()
    {
        var (damaged, foreign, sound) = (await IssueAsync(), await IssueAsync(), await IssueAsync());
        await Domain.DrainAsync();
        await Redis.HashSetAsync(Domain.Keyspace.Token(damaged.Id), "period", "third");
        await Redis.HashSetAsync(Domain.Keyspace.Token(foreign.Id), "rule", "year 1 10 - Mars/Olympus 0");

        var admissions = await Task.WhenAll(new[] { damaged, foreign, sound, damaged, sound }.Select(holder => Domain.AdmitAsync(holder)));

        Assert.All(admissions, admission => Assert.Equal(AdmissionStatus.Admitted, admission.Status));
        foreach (var holder in new[] { damaged, foreign, sound })
            Assert.Single((await Domain.Admin.SearchAsync(new TokenQuery(holder.Id, null, null, 1, 10), default)).Tokens);
        Assert.NotEmpty((await Domain.Get<LedgerVerification>().VerifyAsync(damaged.Id, default)).Problems);
        await AssertBalancedAsync(sound);
        await RemoveAsync(damaged, foreign);
    }

    [SuiteFact]
    public async Task One_token_that_is_due_does_not_hold_up_calls_that_are_sent_with_it()
    {
        TestHolder[] holders = [await IssueAsync(), await IssueAsync(left: 4, years: 1), await Domain.IssueAsync(10), await IssueAsync(left: 0, years: 2)];

        var admissions = await Task.WhenAll(Enumerable.Range(0, 40).Select(n => Domain.AdmitAsync(holders[n % 4])));

        Assert.All(admissions, admission => Assert.Equal(AdmissionStatus.Admitted, admission.Status));
        foreach (var holder in holders)
        {
            Assert.Equal((0, 10), await QuotaAsync(holder));
            await AssertBalancedAsync(holder);
        }
    }

    [SuiteFact]
    public async Task A_time_token_with_a_rule_that_was_left_by_hand_can_be_changed()
    {
        var holder = await Domain.IssueAsync(quota: null);
        await using (var connection = await Stores.Sql.OpenAsync(default))
            await connection.ExecuteAsync("UPDATE access_tokens SET period_rule = @rule WHERE access_token = @id", new { rule = Yearly.ToText(), id = holder.Id });

        Assert.False((await Domain.ChangeAsync(holder, new TokenChange { IsActive = false }))!.IsActive);

        await AssertBalancedAsync(holder);
    }

    [SuiteFact]
    public async Task A_period_that_began_stays_begun_when_the_clock_is_set_back()
    {
        var holder = await IssueAsync(left: 4, years: 1);
        await Domain.AdmitAsync(holder);
        // As if the clock of Redis stood before the boundary again: the period that has begun starts in an hour.
        long now = await NowAsync();
        var ahead = new PeriodState(4, UnixTime.At(now + 3_600_000), UnixTime.At(now + 7_200_000), 10, 0);
        await SetFieldsAsync(holder, ("due", now + 7_200_000));
        await Redis.HashSetAsync(Domain.Keyspace.Token(holder.Id), "period", ahead.ToText());

        var admission = await Domain.AdmitAsync(holder, cost: 2);

        Assert.Equal((7, ahead), (admission.Allowance!.Remaining, admission.Allowance.Period));
        Assert.True(await Domain.Ledger.RefundAsync(admission.Call!));
        Assert.Equal((9, 10), await QuotaAsync(holder));
        Assert.Equal(["init", "expire", "refill", "consume", "consume", "refund"], (await LedgerAsync(holder)).Select(row => row.Action));
    }

    private static TokenChange Amount(int amount) => new() { Period = new PeriodRuleChange { DefaultTimeZone = "UTC", Amount = amount } };

    /// <summary>Makes a token in its third period, which ends at the end of this year, or ended so many years before.</summary>
    private Task<TestHolder> IssueAsync(PeriodRule? rule = null, int? left = null, int years = 0)
    {
        rule ??= Yearly;
        var ends = ThisYear.AddYears(1 - years);
        return Domain.IssueInPeriodAsync(rule, new PeriodState(3, ends.AddYears(-1), ends, rule.Amount, 0), left ?? rule.Amount);
    }

    private async Task<(int?, int?)> QuotaAsync(TestHolder holder)
    {
        var live = await Domain.Ledger.LookAsync(holder.Id);
        return (live!.Remaining, live.Total);
    }

    private async Task RemoveAsync(params TestHolder[] holders)
    {
        await using var connection = await Stores.Sql.OpenAsync(default);
        foreach (var holder in holders)
            await connection.ExecuteAsync("DELETE FROM access_tokens WHERE access_token = @Id", holder);
    }
}
