using FlowQuota.Admission;
using FlowQuota.Ledger;
using FlowQuota.Periods;
using FlowQuota.Redis;
using FlowQuota.Sql;
using FlowQuota.Tests.Apps;
using FlowQuota.Tests.Servers;
using FlowQuota.Tokens;
using Xunit;
using static FlowQuota.Tests.Apps.PeriodicTokens;

namespace FlowQuota.Tests.Quotas;

/// <summary>Invariant 10: time changes a balance once, at its instant, whoever comes first.</summary>
public abstract class PeriodSuite(Stores stores) : LedgerSuite(stores)
{
    [SuiteFact]
    public async Task Invariant_10_The_first_call_after_a_boundary_finds_the_new_period()
    {
        var holder = await IssueInThePastAsync(Yearly, left: 4);

        var admission = await Domain.AdmitAsync(holder);

        Assert.Equal(AdmissionStatus.Admitted, admission.Status);
        Assert.Equal((9, 10), (admission.Allowance!.Remaining, admission.Allowance.Total));
        Assert.Equal(new PeriodState(4, ThisYear, ThisYear.AddYears(1), 10, 0), admission.Allowance.Period);
        Assert.Equal(
            ["init 4", $"expire -4 {ThisYear:O} 3", $"refill 10 {ThisYear:O} 4", "consume -1"],
            await ChangesAsync(holder));
        await AssertBalancedAsync(holder);
    }

    [SuiteFact]
    public async Task Invariant_10_Of_many_callers_on_two_instances_one_begins_the_period()
    {
        var holder = await IssueInThePastAsync(Yearly, left: 3);
        await using var other = await Stores.StartAsync();

        var admissions = await Task.WhenAll(Enumerable.Range(0, 40).Select(n => (n % 2 == 0 ? Domain : other).AdmitAsync(holder)));

        Assert.Equal(10, admissions.Count(admission => admission.Status == AdmissionStatus.Admitted));
        Assert.All(admissions.Where(admission => admission.Status != AdmissionStatus.Admitted),
            admission => Assert.Equal(AdmissionStatus.Exhausted, admission.Status));
        var changes = await ChangesAsync(holder);
        Assert.Single(changes, change => change.StartsWith("refill", StringComparison.Ordinal));
        Assert.Single(changes, change => change.StartsWith("expire", StringComparison.Ordinal));
        await AssertBalancedAsync(holder);
    }

    [SuiteFact]
    public async Task Invariant_10_What_was_bought_stays_and_what_may_be_carried_over_is()
    {
        (int Left, int Bought, int? CarryOver, int Years, int Lapses, int Added, int BoughtLeft)[] cases =
        [
            (8, 5, 2, 1, 1, 10, 5), (3, 5, 2, 1, 0, 10, 3), (8, 0, null, 1, 0, 10, 0), (8, 0, null, 3, 0, 30, 0), (8, 0, 15, 3, 0, 17, 0),
            (0, 0, 0, 3, 0, 10, 0),
        ];
        foreach (var (left, bought, carryOver, years, lapses, added, boughtLeft) in cases)
        {
            var holder = await IssueInThePastAsync(Yearly with { CarryOver = carryOver }, left, bought, years);

            var live = await Domain.Ledger.LookAsync(holder.Id);

            Assert.Equal(left - lapses + added, live!.Remaining);
            Assert.Equal(live.Remaining, live.Total);
            Assert.Equal((boughtLeft, 3 + years), (live.Period!.Bought, live.Period.Index));
            var refill = (await LogAsync(holder)).Last(entry => entry.Action == QuotaAction.Refill);
            Assert.Equal(years == 1 ? null : $"{years - 1} periods passed unused before this one", refill.ExecutionErrorMessage);
            await AssertBalancedAsync(holder);
        }
    }

    [SuiteFact]
    public async Task Invariant_10_A_token_that_nobody_touches_is_shown_in_its_period_and_not_written()
    {
        var holder = await IssueInThePastAsync(Yearly, left: 4);

        var page = await Domain.Admin.SearchAsync(new TokenQuery(holder.Id, null, null, 1, 10), default);

        var shown = Assert.Single(page.Tokens);
        Assert.Equal((10, 10, 4), (shown.RemainingQuota, shown.TotalQuota, shown.PeriodState!.Index));
        Assert.Equal(["init 4"], await ChangesAsync(holder));
    }

    [SuiteFact]
    public async Task Invariant_10_A_cold_token_is_loaded_and_then_begins_its_period()
    {
        var holder = await IssueInThePastAsync(Yearly, left: 4);
        await EvictAsync(holder);

        Assert.Equal(9, (await Domain.AdmitAsync(holder)).Allowance!.Remaining);

        await Domain.DrainAsync();
        await EvictAsync(holder);
        var again = await Domain.AdmitAsync(holder);
        Assert.Equal((8, 4), (again.Allowance!.Remaining, again.Allowance.Period!.Index));
        await AssertBalancedAsync(holder);
    }

    [SuiteFact]
    public async Task Invariant_10_A_period_that_began_in_Redis_survives_a_cold_load_before_the_sync()
    {
        var holder = await IssueInThePastAsync(Yearly, left: 4);
        await Domain.AdmitAsync(holder);
        await Domain.Audit.DrainAsync(0, default);
        await Redis.KeyDeleteAsync(Domain.Keyspace.Outbox(OutboxKind.Sync, 0));
        await EvictAsync(holder);

        var admission = await Domain.AdmitAsync(holder);

        Assert.Equal((8, 10, 4), (admission.Allowance!.Remaining, admission.Allowance.Total, admission.Allowance.Period!.Index));
        await AssertBalancedAsync(holder);
    }

    [SuiteFact]
    public async Task Invariant_10_What_comes_back_to_a_period_that_is_over_lapses_at_once()
    {
        var holder = await IssueInThePastAsync(Yearly, left: 4);
        var call = (await Domain.AdmitAsync(holder, cost: 3)).Call!;

        Assert.True(await Domain.Ledger.RefundAsync(call with { PeriodTime = ThisYear.AddDays(-1) }));
        Assert.Equal(7, await CounterAsync(holder));
        Assert.True(await Domain.Ledger.RefundAsync(call));

        Assert.Equal(10, await CounterAsync(holder));
        Assert.Equal(
            ["consume -3", "refund 3", $"expire -3 {ThisYear:O} 3", "refund 3"], (await ChangesAsync(holder)).Skip(3));
        await AssertBalancedAsync(holder);
    }

    [SuiteFact]
    public async Task A_change_of_the_amount_is_in_force_at_once_and_the_rest_of_the_rule_from_the_boundary_on()
    {
        var holder = await Domain.IssueAsync(10, request => request with { Period = Yearly });
        await Domain.AdmitAsync(holder, cost: 4);

        var changed = await Domain.ChangeAsync(holder, Change(new() { DefaultTimeZone = "UTC", Amount = 25, Unit = PeriodUnit.Month }));

        Assert.Equal((21, 25), (changed!.RemainingQuota, changed.TotalQuota));
        Assert.Equal(new PeriodState(1, ThisYear, ThisYear.AddYears(1), 25, 0), changed.PeriodState);
        Assert.Equal(new PeriodRule(PeriodUnit.Month, 1, 25, null, "UTC", 0), changed.Period);
        var less = await Domain.ChangeAsync(holder, Change(new() { DefaultTimeZone = "UTC", Amount = 2 }));
        Assert.Equal((0, 4), (less!.RemainingQuota, less.TotalQuota));
        Assert.Equal(["init 10", "consume -4", "recharge 15", "recharge -21"], await ChangesAsync(holder));
        await AssertBalancedAsync(holder);
    }

    [SuiteFact]
    public async Task A_quota_that_becomes_periodic_keeps_what_was_left_as_bought_and_one_that_ends_keeps_all()
    {
        var holder = await Domain.IssueAsync(7);

        var begun = await Domain.ChangeAsync(holder, Change(new() { DefaultTimeZone = "Asia/Tokyo", Unit = PeriodUnit.Day, Amount = 100 }));
        var bought = await Domain.ChangeAsync(holder, new TokenChange { QuotaOperation = QuotaOperation.Add, QuotaAmount = 5 });
        var ended = await Domain.ChangeAsync(holder, Change(new() { DefaultTimeZone = "UTC", Ends = true }));

        Assert.Equal((107, 107, 7, "Asia/Tokyo"), (begun!.RemainingQuota, begun.TotalQuota, begun.PeriodState!.Bought, begun.Period!.TimeZone));
        Assert.Equal((112, 12), (bought!.RemainingQuota, bought.PeriodState!.Bought));
        Assert.Equal((112, 112, null, null), (ended!.RemainingQuota, ended.TotalQuota, ended.Period, ended.PeriodState));
        Assert.Equal(AdmissionStatus.Admitted, (await Domain.AdmitAsync(holder, cost: 112)).Status);
        await AssertBalancedAsync(holder);
    }

    private static TokenChange Change(PeriodRuleChange change) => new() { Period = change };

    /// <summary>Makes a token whose third period ended at the beginning of a year, and that nobody has touched since.</summary>
    private async Task<TestHolder> IssueInThePastAsync(PeriodRule rule, int left, int bought = 0, int years = 1)
    {
        var ended = ThisYear.AddYears(1 - years);
        return await Domain.IssueInPeriodAsync(rule, new PeriodState(3, ended.AddYears(-1), ended, rule.Amount, bought), left);
    }

    private async Task<IReadOnlyList<string>> ChangesAsync(TestHolder holder) =>
    [
        .. (await LogAsync(holder)).Select(entry =>
            $"{SqlEnums.Of(entry.Action)} {entry.QuotaChange}" + (entry.EffectiveAt is { } at ? $" {at:O} {entry.Period}" : "")),
    ];
}
