using FlowQuota.Admission;
using FlowQuota.Ledger;
using FlowQuota.Redis;
using FlowQuota.Tests.Apps;
using FlowQuota.Tests.Servers;
using FlowQuota.Tokens;
using Xunit;

namespace FlowQuota.Tests.Quotas;

/// <summary>Protects the decision on a call: in every status it takes all of its cost or nothing, and records the units it took.</summary>
public abstract class AdmissionSuite(Stores stores) : LedgerSuite(stores)
{
    [SuiteFact]
    public async Task A_call_takes_its_cost_and_records_it()
    {
        var holder = await Domain.IssueAsync(10);

        var admission = await Domain.AdmitAsync(holder, cost: 3, requestId: "call-1");

        Assert.Equal(AdmissionStatus.Admitted, admission.Status);
        Assert.Equal(new Allowance(QuotaType.Count, 7, 10, null), admission.Allowance);
        Assert.Equal(7, await CounterAsync(holder));
        Assert.Equal("1:2:7:10", await WaitingAsync(holder));
        var waiting = await Redis.ListRangeAsync(Domain.Keyspace.Outbox(OutboxKind.Audit, 0));
        var entry = AuditEventFormat.Parse((string)Assert.Single(waiting)!);
        Assert.Equal((10, 7, -3, QuotaAction.Consume, "call-1", new LedgerPosition(1, 2)),
            (entry.QuotaBefore, entry.QuotaAfter, entry.QuotaChange, entry.Action, entry.RequestId, entry.Position));
        Assert.Equal((string?)waiting[0], admission.Call!.Event);
    }

    [SuiteFact]
    public async Task A_call_that_costs_more_than_is_left_takes_nothing()
    {
        var holder = await Domain.IssueAsync(2);

        var admission = await Domain.AdmitAsync(holder, cost: 3);

        Assert.Equal(AdmissionStatus.Exhausted, admission.Status);
        Assert.Equal(new Allowance(QuotaType.Count, 2, 2, null), admission.Allowance);
        await AssertUntouchedAsync(holder, 2);
        Assert.Equal(AdmissionStatus.Admitted, (await Domain.AdmitAsync(holder, cost: 2)).Status);
        Assert.Equal(AdmissionStatus.Exhausted, (await Domain.AdmitAsync(holder)).Status);
    }

    [SuiteFact]
    public async Task A_look_costs_nothing_and_is_allowed_where_nothing_is_left()
    {
        var holder = await Domain.IssueAsync(1, token => token with { RateLimitPerMinute = 1 });
        await Domain.AdmitAsync(holder);
        await Domain.DrainAsync();

        var look = await Domain.AdmitAsync(holder, cost: 0);

        Assert.Equal(AdmissionStatus.Admitted, look.Status);
        Assert.Null(look.Call);
        Assert.Equal((0, 1, 0), (look.Allowance!.Remaining, look.Allowance.Total, look.Allowance.Rate!.Remaining));
        await AssertUntouchedAsync(holder, 0);
    }

    [SuiteFact]
    public async Task A_wrong_secret_is_unknown_and_costs_nothing()
    {
        var holder = await Domain.IssueAsync();
        var thief = holder.Presented with { SecretHash = new string('0', 64) };

        Assert.Equal(new AdmissionResult(AdmissionStatus.Unknown), await Domain.Ledger.AdmitAsync(thief, 1, "call"));
        await AssertUntouchedAsync(holder, 10);
    }

    [SuiteFact]
    public async Task A_token_that_SQL_does_not_have_is_unknown_and_remembered_for_half_a_minute()
    {
        var stranger = new PresentedToken("flow_stranger", new string('0', 64));

        Assert.Equal(AdmissionStatus.Unknown, (await Domain.Ledger.AdmitAsync(stranger, 1, "call")).Status);

        var life = await Redis.KeyTimeToLiveAsync(Domain.Keyspace.Token(stranger.TokenId));
        Assert.InRange(life!.Value.TotalSeconds, 25, 30);
        Assert.Equal(0, await EventsAsync());
    }

    [SuiteFact]
    public async Task A_disabled_token_is_refused_and_one_enabled_again_is_not()
    {
        var holder = await Domain.IssueAsync();

        await Domain.ChangeAsync(holder, new TokenChange { IsActive = false });
        Assert.Equal(new AdmissionResult(AdmissionStatus.Disabled), await Domain.AdmitAsync(holder));
        await AssertUntouchedAsync(holder, 10);

        await Domain.ChangeAsync(holder, new TokenChange { IsActive = true });
        Assert.Equal(AdmissionStatus.Admitted, (await Domain.AdmitAsync(holder)).Status);
    }

    [SuiteFact]
    public async Task Time_and_hybrid_tokens_end_at_their_end_date_and_count_tokens_do_not()
    {
        foreach (var (type, ended) in new[]
        {
            (QuotaType.Time, AdmissionStatus.Expired), (QuotaType.Hybrid, AdmissionStatus.Expired), (QuotaType.Count, AdmissionStatus.Admitted),
        })
        {
            var holder = await Domain.IssueAsync(type == QuotaType.Time ? null : 10, token => token with
            {
                QuotaType = type,
                Expiry = new TokenExpiry(ExpiryOperation.Add, Days: 1),
            });
            var before = await Domain.AdmitAsync(holder);
            Assert.Equal(AdmissionStatus.Admitted, before.Status);
            Assert.Equal(type == QuotaType.Count ? null : holder.Token.ExpiresAt, before.ExpiresAt);

            await SetFieldsAsync(holder, ("expires", await NowAsync()));

            Assert.Equal(ended, (await Domain.AdmitAsync(holder)).Status);
        }
    }

    [SuiteFact]
    public async Task A_time_token_is_recorded_but_not_counted_down()
    {
        var holder = await Domain.IssueAsync(quota: null);

        var admission = await Domain.AdmitAsync(holder, cost: 5);

        Assert.Equal(new Allowance(QuotaType.Time, null, null, null), admission.Allowance);
        Assert.Null(await CounterAsync(holder));
        Assert.Null(await WaitingAsync(holder));
        var call = (await LedgerAsync(holder))[^1];
        Assert.Equal((2L, null, null, 0, "consume"), (call.Seq, call.Before, call.After, call.Change, call.Action));
    }

    [SuiteFact]
    public async Task A_refund_gives_back_what_a_call_took_and_has_its_own_row()
    {
        var holder = await Domain.IssueAsync(10);
        var call = (await Domain.AdmitAsync(holder, cost: 4)).Call!;

        Assert.True(await Domain.Ledger.RefundAsync(call));

        Assert.Equal(10, await CounterAsync(holder));
        Assert.Equal([("init", 10), ("consume", -4), ("refund", 4)], (await LedgerAsync(holder)).Select(row => (row.Action, row.Change)));
    }

    [SuiteFact]
    public async Task A_refund_never_gives_more_than_was_consumed()
    {
        var holder = await Domain.IssueAsync(10);
        var call = (await Domain.AdmitAsync(holder, cost: 4)).Call!;
        await Domain.ChangeAsync(holder, new TokenChange { QuotaOperation = QuotaOperation.Reset });
        await Domain.AdmitAsync(holder, cost: 1);

        Assert.True(await Domain.Ledger.RefundAsync(call));
        Assert.False(await Domain.Ledger.RefundAsync(call));

        Assert.Equal(10, await CounterAsync(holder));
        Assert.Equal(1, (await LedgerAsync(holder))[^1].Change);
    }

    [SuiteFact]
    public async Task There_is_nothing_to_refund_to_a_time_token_or_a_deleted_one()
    {
        var timed = await Domain.IssueAsync(quota: null);
        var timedCall = (await Domain.AdmitAsync(timed)).Call!;
        var deleted = await Domain.IssueAsync();
        var deletedCall = (await Domain.AdmitAsync(deleted)).Call!;
        await Domain.Admin.DeleteAsync(deleted.Id, "delete", default);

        Assert.False(await Domain.Ledger.RefundAsync(timedCall));
        Assert.False(await Domain.Ledger.RefundAsync(deletedCall));

        Assert.Equal(2, (await LedgerAsync(timed)).Count);
        Assert.Equal(2, (await LedgerAsync(deleted)).Count);
    }

    [SuiteFact]
    public async Task A_refund_finds_a_token_that_went_cold()
    {
        var holder = await Domain.IssueAsync(10);
        var call = (await Domain.AdmitAsync(holder, cost: 4)).Call!;
        await EvictAsync(holder);

        Assert.True(await Domain.Ledger.RefundAsync(call));

        Assert.Equal(10, await CounterAsync(holder));
        Assert.Equal((2, 1L, "refund"), (await LedgerAsync(holder)).Select(row => (row.Epoch, row.Seq, row.Action)).Last());
    }

    [SuiteFact]
    public async Task Owners_of_any_spelling_reach_the_log_as_they_are()
    {
        const string awkward = "O'Brien \"x\" \\ %s ]] -- \u6f22\u5b57 \ud83d\ude80 \t{}";
        var holder = await Domain.IssueAsync(10, token => token with { WorkspaceId = awkward });

        await Domain.AdmitAsync(holder);

        await Domain.DrainAsync();
        var page = await Domain.Get<IQuotaLogStore>().ReadAsync(new QuotaLogQuery(holder.Id, null, null, QuotaAction.Consume, 1, 10), default);
        Assert.Equal(awkward, Assert.Single(page.Entries).WorkspaceId);
    }

    [SuiteFact]
    public async Task Scripts_that_Redis_forgot_are_loaded_again()
    {
        var holder = await Domain.IssueAsync(10);
        await Redis.ExecuteAsync("SCRIPT", "FLUSH");

        var admissions = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => Domain.AdmitAsync(holder)));

        Assert.Equal(10, admissions.Count(admission => admission.Status == AdmissionStatus.Admitted));
        Assert.Equal("1", await FieldAsync(holder, "epoch"));
    }

    private async Task AssertUntouchedAsync(TestHolder holder, int remaining)
    {
        Assert.Equal(remaining, await CounterAsync(holder));
        Assert.Null(await WaitingAsync(holder));
        Assert.Equal(0, await EventsAsync());
    }
}
