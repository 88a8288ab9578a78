using Dapper;
using FlowQuota.Admission;
using FlowQuota.Errors;
using FlowQuota.Ledger;
using FlowQuota.Redis;
using FlowQuota.Tests.Apps;
using FlowQuota.Tests.Servers;
using FlowQuota.Tokens;
using Xunit;

namespace FlowQuota.Tests.Quotas;

/// <summary>
/// Protects the fence: whatever Redis loses, and however many instances load it again, a quota is never granted twice and
/// the chain of its rows continues.
/// </summary>
public abstract class ColdLoadSuite(Stores stores) : LedgerSuite(stores)
{
    [SuiteFact]
    public async Task A_lost_counter_is_restored_from_what_waits_for_SQL()
    {
        var holder = await Domain.IssueAsync(10);
        await Domain.AdmitAsync(holder, cost: 4);
        await EvictAsync(holder, token: false);

        Assert.Equal(5, (await Domain.AdmitAsync(holder)).Allowance!.Remaining);

        Assert.Equal("2:1:5:10", await WaitingAsync(holder));
        Assert.Equal(3, (await LedgerAsync(holder)).Count);
    }

    [SuiteFact]
    public async Task Lost_terms_are_restored_and_the_quota_is_what_waits_for_SQL()
    {
        var holder = await Domain.IssueAsync(10);
        await Domain.AdmitAsync(holder, cost: 4);
        await EvictAsync(holder, quota: false);

        Assert.Equal(5, (await Domain.AdmitAsync(holder)).Allowance!.Remaining);

        Assert.Equal(3, (await LedgerAsync(holder)).Count);
    }

    [SuiteFact]
    public async Task With_the_sync_outbox_lost_too_the_audit_log_tells_what_was_consumed()
    {
        var holder = await Domain.IssueAsync(10);
        await Domain.AdmitAsync(holder, cost: 4);
        await Domain.Audit.SweepAsync(default);
        await EvictAsync(holder);
        await Redis.KeyDeleteAsync(Domain.Keyspace.Outbox(OutboxKind.Sync, 0));

        Assert.Equal(5, (await Domain.AdmitAsync(holder)).Allowance!.Remaining);

        Assert.Equal(3, (await LedgerAsync(holder)).Count);
        Assert.Equal(5, (await StoredLedger.ReadQuotaAsync(Stores.Sql, holder.Id)).Remaining);
    }

    [SuiteFact]
    public async Task Made_up_legacy_tokens_cannot_keep_other_tokens_from_loading()
    {
        await using var slow = await Stores.StartAsync(GatedTokenStore.Replace);
        var store = (GatedTokenStore)slow.Tokens;
        var holder = await Domain.IssueAsync(10);
        await Domain.DrainAsync();
        await EvictAsync(holder);
        store.Close();

        // As many as there are slots for all loads.
        var flood = Enumerable.Range(0, 16).Select(i => slow.Ledger.AdmitAsync(
            new PresentedToken($"flow_madeup{i:D17}", new string('0', 64)) { IsLegacy = true }, 1, "flood")).ToArray();
        for (int i = 0; i < 4; i++)
            await store.ReachedAsync();
        // The others wait in turn, and then are answered 503.
        await Eventually.TrueAsync(() => flood.Count(admission => admission.IsFaulted) == 12);
        Assert.Equal(4, store.EpochsTaken);
        var call = slow.AdmitAsync(holder);
        await store.ReachedAsync();
        store.Open();

        Assert.Equal(AdmissionStatus.Admitted, (await call).Status);
        Assert.Equal(5, store.EpochsTaken);
        foreach (var admission in flood.Where(admission => !admission.IsFaulted))
            Assert.Equal(AdmissionStatus.Unknown, (await admission).Status);
        foreach (var admission in flood.Where(admission => admission.IsFaulted))
            await Assert.ThrowsAsync<StoreUnavailableException>(() => admission);
    }

    [SuiteFact]
    public async Task A_flushed_Redis_is_filled_again_from_SQL()
    {
        var holder = await Domain.IssueAsync(10);
        var timed = await Domain.IssueAsync(quota: null);
        await Domain.AdmitAsync(holder, cost: 4);
        await Domain.AdmitAsync(timed);
        await Domain.DrainAsync();
        await Stores.FlushRedisAsync();

        Assert.Equal(AdmissionStatus.Exhausted, (await Domain.AdmitAsync(holder, cost: 7)).Status);
        Assert.Equal(0, (await Domain.AdmitAsync(holder, cost: 6)).Allowance!.Remaining);
        Assert.Equal(AdmissionStatus.Admitted, (await Domain.AdmitAsync(timed)).Status);

        Assert.Equal([(1, 1), (1, 2), (2, 1)], (await LedgerAsync(holder)).Select(row => (row.Epoch, (int)row.Seq)));
        Assert.Equal([(1, 1), (1, 2), (2, 1)], (await LedgerAsync(timed)).Select(row => (row.Epoch, (int)row.Seq)));
    }

    [SuiteFact]
    public async Task Many_instances_and_callers_load_a_token_at_once_and_grant_it_once()
    {
        var instances = await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => Stores.StartAsync()));
        var holders = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => Domain.IssueAsync(7)));
        await Stores.FlushRedisAsync();

        string[] admitted = await Task.WhenAll(
            from holder in holders
            from instance in instances
            from call in Enumerable.Range(0, 4)
            select AdmitAsync(instance, holder));

        foreach (var holder in holders)
        {
            int granted = admitted.Count(id => id == holder.Id);
            Assert.InRange(granted, 0, 7);
            // A call that was answered too late gives back what it took; until then it may have kept others out.
            await Eventually.TrueAsync(async () => await CounterAsync(holder) == 7 - granted);
            var changes = await LedgerAsync(holder);
            Assert.Equal(granted, changes.Count(change => change.Action == "consume") - changes.Count(change => change.Action == "refund"));
        }

        foreach (var instance in instances)
            await instance.DisposeAsync();

        async Task<string?> AdmitAsync(TestDomain instance, TestHolder holder)
        {
            while (true)
            {
                try
                {
                    return (await instance.AdmitAsync(holder)).Status == AdmissionStatus.Admitted ? holder.Id : null;
                }
                catch (StoreUnavailableException)
                {
                    // So many loads at once may exceed the slots; a refused caller gets 503 and tries again.
                }
            }
        }
    }

    [SuiteFact]
    public async Task A_process_reads_a_cold_token_once_for_all_its_callers()
    {
        await using var instance = await Stores.StartAsync(GatedTokenStore.Replace);
        var store = (GatedTokenStore)instance.Tokens;
        var holder = await Domain.IssueAsync(50);
        await EvictAsync(holder);
        store.Close();

        var calls = Enumerable.Range(0, 30).Select(_ => instance.AdmitAsync(holder)).ToList();
        await store.ReachedAsync();
        store.Open();

        Assert.All(await Task.WhenAll(calls), admission => Assert.Equal(AdmissionStatus.Admitted, admission.Status));
        Assert.Equal(1, store.EpochsTaken);
    }

    [SuiteFact]
    public async Task A_load_that_was_overtaken_is_not_put_in_place()
    {
        await using var slow = await Stores.StartAsync(GatedTokenStore.Replace);
        var store = (GatedTokenStore)slow.Tokens;
        var holder = await Domain.IssueAsync(10);
        await EvictAsync(holder);
        store.Close();
        var late = slow.AdmitAsync(holder);
        await store.ReachedAsync();

        // The slow one is abandoned (as after the pause of the others); another loads and consumes.
        await SetFieldsAsync(holder, ("loading_since", await NowAsync() - 3000));
        await Domain.AdmitAsync(holder, cost: 6);
        store.Open();

        Assert.Equal(3, (await late).Allowance!.Remaining);
        Assert.Equal((3, 3L), await LastAsync(holder));
    }

    [SuiteFact]
    public async Task A_loader_that_died_before_the_clock_was_set_back_keeps_nobody_waiting()
    {
        var holder = await Domain.IssueAsync(10);
        await EvictAsync(holder);
        await SetFieldsAsync(holder, ("loading", 1), ("loading_since", await NowAsync() + 3_600_000));

        Assert.Equal(9, (await Domain.AdmitAsync(holder)).Allowance!.Remaining);
    }

    [SuiteFact]
    public async Task Keys_that_vanish_during_a_load_make_it_start_over()
    {
        await using var slow = await Stores.StartAsync(GatedTokenStore.Replace);
        var store = (GatedTokenStore)slow.Tokens;
        var holder = await Domain.IssueAsync(10);
        await EvictAsync(holder);
        store.Close();
        var late = slow.AdmitAsync(holder);
        await store.ReachedAsync();

        await Stores.FlushRedisAsync();
        store.Open();

        Assert.Equal(9, (await late).Allowance!.Remaining);
        Assert.Equal(2, (await LedgerAsync(holder)).Count);
    }

    [SuiteFact]
    public async Task A_state_of_an_earlier_run_of_Redis_is_checked_with_SQL_first()
    {
        var holder = await Domain.IssueAsync(10);
        await Domain.AdmitAsync(holder, cost: 4);
        await Redis.HashSetAsync(Domain.Keyspace.Token(holder.Id), "run", new string('0', 40));
        await Redis.KeyDeleteAsync(Domain.Keyspace.Outbox(OutboxKind.Sync, 0));

        // SQL still has 10; the state of the earlier run is newer.
        Assert.Equal(5, (await Domain.AdmitAsync(holder)).Allowance!.Remaining);

        Assert.Equal("2", await FieldAsync(holder, "epoch"));
        Assert.Equal(3, (await LedgerAsync(holder)).Count);
    }

    [SuiteFact]
    public async Task An_older_state_of_an_earlier_run_gives_way_to_what_SQL_knows()
    {
        var holder = await Domain.IssueAsync(10);
        await Domain.AdmitAsync(holder, cost: 4);
        await Domain.DrainAsync();
        // Redis came back from its append-only file without its last second.
        await Redis.HashSetAsync(Domain.Keyspace.Token(holder.Id), [new("run", new string('0', 40)), new("seq", 1)]);
        await Redis.StringSetAsync(Domain.Keyspace.Quota(holder.Id), 10);

        Assert.Equal(5, (await Domain.AdmitAsync(holder)).Allowance!.Remaining);
        Assert.Equal(3, (await LedgerAsync(holder)).Count);
    }

    [SuiteFact]
    public async Task After_SQL_was_restored_a_load_takes_an_epoch_that_no_record_has()
    {
        var holder = await Domain.IssueAsync(10);
        for (int run = 0; run < 3; run++)
        {
            await Redis.HashSetAsync(Domain.Keyspace.Token(holder.Id), "run", new string('0', 40));
            await Domain.AdmitAsync(holder);
        }

        await Domain.DrainAsync();
        await using (var connection = await Stores.Sql.OpenAsync(default))
        {
            await connection.ExecuteAsync(
                "UPDATE access_tokens SET quota_epoch = 1, synced_epoch = 1, synced_seq = 1, remaining_quota = 10 WHERE access_token = @Id", new { holder.Id });
            await connection.ExecuteAsync("DELETE FROM token_quota_logs WHERE token = @Id AND epoch > 1", new { holder.Id });
        }

        await Redis.HashSetAsync(Domain.Keyspace.Token(holder.Id), "run", new string('0', 40));
        Assert.Equal(6, (await Domain.AdmitAsync(holder)).Allowance!.Remaining);
        await Domain.DrainAsync();

        Assert.Equal([(1, 1L, 10), (5, 1L, 6)],
            (await StoredLedger.ReadAsync(Stores.Sql, holder.Id)).Select(row => (row.Epoch, row.Seq, row.After!.Value)));
        var stored = await StoredLedger.ReadQuotaAsync(Stores.Sql, holder.Id);
        Assert.Equal((6, 5), (stored.Remaining, stored.SyncedEpoch));
    }

    [SuiteFact]
    public async Task A_new_token_is_hot_at_once_and_placing_it_again_changes_nothing()
    {
        await using var instance = await Stores.StartAsync(GatedTokenStore.Replace);
        var holder = await instance.IssueAsync(10);
        await instance.AdmitAsync(holder, cost: 4);
        Assert.Equal(0, ((GatedTokenStore)instance.Tokens).EpochsTaken);

        await instance.Ledger.PrimeAsync(holder.Token);

        Assert.Equal(6, await CounterAsync(holder));
    }

    [SuiteFact]
    public async Task A_look_tells_what_is_live_or_waits_and_loads_nothing()
    {
        var holder = await Domain.IssueAsync(10);
        await Domain.AdmitAsync(holder, cost: 4);
        Assert.Equal(new LiveQuota(6, 10), await Domain.Ledger.PeekAsync(holder.Id));

        await EvictAsync(holder);
        Assert.Equal(new LiveQuota(6, 10), await Domain.Ledger.PeekAsync(holder.Id));

        await Domain.DrainAsync();
        Assert.Null(await Domain.Ledger.PeekAsync(holder.Id));
        Assert.Null(await CounterAsync(holder));

        await Domain.Admin.DeleteAsync(holder.Id, "delete", default);
        Assert.Null(await Domain.Ledger.PeekAsync(holder.Id));
    }

    [SuiteFact]
    public async Task A_deleted_token_leaves_a_tombstone_that_no_load_removes()
    {
        var holder = await Domain.IssueAsync(10);
        await Domain.AdmitAsync(holder);
        await Domain.Admin.DeleteAsync(holder.Id, "delete", default);

        Assert.Equal(AdmissionStatus.Unknown, (await Domain.AdmitAsync(holder)).Status);
        Assert.False(await Domain.Ledger.LoadAsync(holder.Id));
        await Domain.Ledger.PrimeAsync(holder.Token);

        Assert.Equal(AdmissionStatus.Unknown, (await Domain.AdmitAsync(holder)).Status);
        Assert.Null(await CounterAsync(holder));
        Assert.Null(await WaitingAsync(holder));
        var life = await Redis.KeyTimeToLiveAsync(Domain.Keyspace.Token(holder.Id));
        Assert.InRange(life!.Value.TotalDays, 6.9, 7);
        // The call before the deletion is still recorded.
        Assert.Equal(2, (await LedgerAsync(holder)).Count);
    }

    [SuiteFact]
    public async Task A_ghost_is_found_by_the_sync_and_removed()
    {
        var holder = await Domain.IssueAsync(10);
        await Domain.AdmitAsync(holder, cost: 4);
        // Elsewhere a later epoch was served and synced, so this state is stale.
        await Domain.Get<IQuotaStore>().WriteAsync([new QuotaSnapshot(holder.Id, new LedgerPosition(5, 3), 2, 10)], default);

        await Domain.Sync.SweepAsync(default);

        Assert.Null(await CounterAsync(holder));
        Assert.Null(await WaitingAsync(holder));
        Assert.Contains(Domain.Log.Lines, line => line.Contains($"Removed a quota of {holder.Id}", StringComparison.Ordinal));
        Assert.Equal(1, (await Domain.AdmitAsync(holder)).Allowance!.Remaining);
    }

    [SuiteFact]
    public async Task A_state_that_SQL_already_has_is_no_ghost()
    {
        var holder = await Domain.IssueAsync(10);
        await Domain.AdmitAsync(holder, cost: 4);
        await Domain.Get<IQuotaStore>().WriteAsync([new QuotaSnapshot(holder.Id, new LedgerPosition(1, 2), 6, 10)], default);

        await Domain.Sync.SweepAsync(default);

        Assert.Equal(6, await CounterAsync(holder));
        Assert.Null(await WaitingAsync(holder));
        Assert.Equal("1", await FieldAsync(holder, "epoch"));
    }

    private async Task<(int Epoch, long Count)> LastAsync(TestHolder holder)
    {
        var rows = await LedgerAsync(holder);
        return (rows[^1].Epoch, rows.Count);
    }
}
