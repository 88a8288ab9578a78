using FlowQuota.Admission;
using FlowQuota.Ledger;
using FlowQuota.Tests.Apps;
using FlowQuota.Tests.Servers;
using FlowQuota.Tokens;
using Xunit;

namespace FlowQuota.Tests.Quotas;

/// <summary>An admin's change of type that died between SQL and Redis is applied by the next load, and leaves a row.</summary>
public abstract class HalfChangeSuite(Stores stores) : LedgerSuite(stores)
{
    [SuiteFact]
    public async Task A_quota_that_became_a_time_tokens_while_cold_is_given_up_by_the_load_with_a_record()
    {
        var holder = await Domain.IssueAsync(quota: 10);
        await Domain.AdmitAsync(holder, cost: 4);
        await ChangeInSqlAloneAsync(holder, QuotaType.Time);
        await EvictAsync(holder);

        Assert.Equal(AdmissionStatus.Admitted, (await Domain.AdmitAsync(holder)).Status);
        Assert.Null(await CounterAsync(holder));
        var rows = await LedgerAsync(holder);
        Assert.Equal([(1, 1L, "init"), (1, 2L, "consume"), (2, 1L, "init"), (2, 2L, "consume")], rows.Select(row => (row.Epoch, row.Seq, row.Action)));
        Assert.Equal((6, null, -6), (rows[2].Before, rows[2].After, rows[2].Change));
        var stored = await StoredLedger.ReadQuotaAsync(Stores.Sql, holder.Id);
        Assert.Equal((null, null, 2, 1L), (stored.Remaining, stored.Total, stored.SyncedEpoch, stored.SyncedSeq));
    }

    [SuiteFact]
    public async Task What_was_given_up_does_not_come_back_with_a_later_type()
    {
        var holder = await Domain.IssueAsync(quota: 10);
        await ChangeInSqlAloneAsync(holder, QuotaType.Time);
        await EvictAsync(holder);
        await Domain.AdmitAsync(holder);
        await ChangeInSqlAloneAsync(holder, QuotaType.Count);
        await EvictAsync(holder);
        Assert.Equal(AdmissionStatus.Exhausted, (await Domain.AdmitAsync(holder)).Status);
        Assert.Equal(0, await CounterAsync(holder));
    }

    [SuiteFact]
    public async Task A_quota_that_was_evicted_when_the_new_type_came_is_given_up_with_a_record()
    {
        var holder = await Domain.IssueAsync(quota: 10);
        await Domain.AdmitAsync(holder, cost: 4);
        await Domain.DrainAsync();
        await EvictAsync(holder, token: false);
        await ChangeInRedisAsync(holder, QuotaType.Time);

        Assert.Equal(AdmissionStatus.Admitted, (await Domain.AdmitAsync(holder)).Status);
        var rows = await LedgerAsync(holder);
        Assert.Equal((6, null, -6), (rows[2].Before, rows[2].After, rows[2].Change));
        Assert.Null((await StoredLedger.ReadQuotaAsync(Stores.Sql, holder.Id)).Remaining);
    }

    [SuiteFact]
    public async Task A_quota_of_an_earlier_run_of_Redis_that_met_the_new_type_is_given_up_with_a_record()
    {
        var holder = await Domain.IssueAsync(quota: 10);
        await Domain.AdmitAsync(holder, cost: 4);
        await Domain.DrainAsync();
        await Redis.HashSetAsync(Domain.Keyspace.Token(holder.Id), "run", "an earlier run");
        await ChangeInRedisAsync(holder, QuotaType.Time);

        Assert.Equal(AdmissionStatus.Admitted, (await Domain.AdmitAsync(holder)).Status);
        var rows = await LedgerAsync(holder);
        Assert.Equal((6, null, -6), (rows[2].Before, rows[2].After, rows[2].Change));
    }

    private async Task ChangeInRedisAsync(TestHolder holder, QuotaType type)
    {
        await ChangeInSqlAloneAsync(holder, type);
        await Domain.Ledger.ChangeAsync((await Domain.Tokens.FindAsync(holder.Id, default))!, QuotaOperation.None, null, "refresh");
    }

    private async Task ChangeInSqlAloneAsync(TestHolder holder, QuotaType type)
    {
        var stored = (await Domain.Tokens.FindAsync(holder.Id, default))!;
        Assert.NotNull(await Domain.Tokens.TryUpdateTermsAsync(stored with { QuotaType = type }, default));
    }
}
