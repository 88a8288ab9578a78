using Dapper;
using FlowQuota.Admission;
using FlowQuota.Ledger;
using FlowQuota.Redis;
using FlowQuota.Tests.Apps;
using FlowQuota.Tests.Servers;
using StackExchange.Redis;
using Xunit;

namespace FlowQuota.Tests.Quotas;

/// <summary>
/// Protects the keys of a token: its quota never expires while a change of it waits for SQL, both expire unused, they share
/// a slot, and the terms in them are read again about once a minute.
/// </summary>
public abstract class KeyLifeSuite(Stores stores) : LedgerSuite(stores)
{
    private static readonly TimeSpan Week = TimeSpan.FromDays(7);

    [SuiteFact]
    public async Task A_token_expires_unused_after_a_week_but_its_quota_never_while_it_waits()
    {
        var holder = await Domain.IssueAsync(10);
        await AssertLifeAsync(holder, expires: true);

        await Domain.AdmitAsync(holder);
        await AssertLifeAsync(holder, expires: false);
        await Domain.AdmitAsync(holder);
        await AssertLifeAsync(holder, expires: false);

        await Domain.DrainAsync();
        await AssertLifeAsync(holder, expires: true);

        await Domain.AdmitAsync(holder);
        await AssertLifeAsync(holder, expires: false);
    }

    [SuiteFact]
    public async Task A_quota_loaded_while_its_value_waits_does_not_expire()
    {
        var holder = await Domain.IssueAsync(10);
        await Domain.AdmitAsync(holder);
        await EvictAsync(holder);

        await Domain.Ledger.LoadAsync(holder.Id);

        await AssertLifeAsync(holder, expires: false);
    }

    [SuiteFact]
    public async Task A_value_that_changed_while_it_was_written_waits_on_and_does_not_expire()
    {
        var holder = await Domain.IssueAsync(10);
        await Domain.AdmitAsync(holder);
        await using var instance = await Stores.StartAsync(InterposedQuotaStore.Replace);
        var store = (InterposedQuotaStore)instance.Get<IQuotaStore>();
        store.AfterNextWrite = () => Domain.AdmitAsync(holder);

        await instance.Sync.DrainAsync(0, default);

        // The same drain continued and found the change after the write.
        Assert.Equal(2, store.Writes);
        Assert.Equal(8, (await StoredLedger.ReadQuotaAsync(Stores.Sql, holder.Id)).Remaining);
        await AssertLifeAsync(holder, expires: true);
    }

    [SuiteFact]
    public async Task A_token_in_use_does_not_expire()
    {
        foreach (var holder in new[] { await Domain.IssueAsync(quota: null), await Domain.IssueAsync(10) })
        {
            await Redis.KeyExpireAsync(Domain.Keyspace.Token(holder.Id), TimeSpan.FromHours(1));

            await AgeAsync(holder);
            await Domain.AdmitAsync(holder);

            await AssertExpiresUnusedAsync(Domain.Keyspace.Token(holder.Id));
        }
    }

    [SuiteFact]
    public async Task Terms_older_than_a_minute_serve_on_and_one_caller_is_asked_to_refresh_them()
    {
        await using var instance = await Stores.StartAsync(GatedTokenStore.Replace);
        var holder = await instance.IssueAsync(100);
        await ChangeByHandAsync(holder, "rate_limit_per_minute = 50");
        await instance.AdmitAsync(holder);
        Assert.Equal("", await FieldAsync(holder, "limit"));

        var store = (GatedTokenStore)instance.Tokens;
        store.Close();
        await AgeAsync(holder);
        var admissions = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => instance.AdmitAsync(holder)));
        await store.ReachedAsync();
        store.Open();

        Assert.All(admissions, admission => Assert.Equal(AdmissionStatus.Admitted, admission.Status));
        await Eventually.TrueAsync(async () => await FieldAsync(holder, "limit") == "50");
        Assert.Equal(0, store.EpochsTaken);
        Assert.Equal(12, (await LedgerAsync(holder)).Count);
    }

    // They are compared together, and only those that differ are written.
    [SuiteFact]
    public async Task Tokens_that_are_due_together_are_refreshed_each_by_its_own_terms()
    {
        List<TestHolder> holders = [];
        for (int i = 0; i < 30; i++)
            holders.Add(await Domain.IssueAsync(i % 3 == 0 ? null : 100));
        for (int i = 0; i < holders.Count; i += 5)
            await ChangeByHandAsync(holders[i], $"rate_limit_per_minute = {1000 + i}, ws_id = 'moved {i}'");
        // One of them is damaged in Redis, and the others are refreshed all the same.
        await Redis.StringSetAsync(Domain.Keyspace.Token(holders[7].Id), "not a hash");
        foreach (var holder in holders.Where(holder => holder != holders[7]))
            await AgeAsync(holder);

        await Task.WhenAll(holders.Select(async (holder, i) =>
        {
            if (i != 7)
                Assert.Equal(AdmissionStatus.Admitted, (await Domain.AdmitAsync(holder)).Status);
        }));

        for (int i = 0; i < holders.Count; i++)
        {
            string expected = i % 5 == 0 ? $"{1000 + i}" : "";
            if (i != 7)
                await Eventually.TrueAsync(async () => await FieldAsync(holders[i], "limit") == expected);
            if (i % 5 == 0)
                Assert.Contains($"moved {i}", (string?)await FieldAsync(holders[i], "owner"), StringComparison.Ordinal);
        }
    }

    [SuiteFact]
    public async Task A_row_changed_or_removed_in_SQL_by_hand_is_obeyed_after_the_refresh()
    {
        var disabled = await Domain.IssueAsync();
        var removed = await Domain.IssueAsync();
        await ChangeByHandAsync(disabled, "is_active = 0");
        await using (var connection = await Stores.Sql.OpenAsync(default))
            await Dapper.SqlMapper.ExecuteAsync(connection, "DELETE FROM access_tokens WHERE access_token = @Id", new { removed.Id });
        await AgeAsync(disabled);
        await AgeAsync(removed);

        await Domain.AdmitAsync(disabled, cost: 0);
        await Domain.AdmitAsync(removed, cost: 0);

        await Eventually.TrueAsync(async () => (await Domain.AdmitAsync(disabled)).Status == AdmissionStatus.Disabled);
        await Eventually.TrueAsync(async () => (await Domain.AdmitAsync(removed)).Status == AdmissionStatus.Unknown);
    }

    [SuiteFact]
    public async Task With_partitions_all_keys_of_a_token_share_a_slot()
    {
        await ForgetPartitionsAsync();
        await using var instance = await Stores.StartAsync(null, ("REDIS_PARTITIONS", "4"));
        var holders = await Task.WhenAll(Enumerable.Range(0, 30).Select(_ => instance.IssueAsync(10)));
        foreach (var holder in holders)
            await instance.AdmitAsync(holder, cost: 3);

        var keyspace = instance.Keyspace;
        foreach (var holder in holders)
        {
            int partition = keyspace.PartitionOf(holder.Id);
            RedisKey[] keys =
            [
                .. keyspace.ForChange(holder.Id), .. keyspace.ForLoad(holder.Id),
                keyspace.Lease(OutboxKind.Sync, partition), keyspace.Lease(OutboxKind.Audit, partition),
            ];
            Assert.Single(keys.Select(key => instance.Redis.Multiplexer.HashSlot(key)).Distinct());
            Assert.Equal($"quota:{{{partition}}}:{holder.Id}", (string?)keyspace.Quota(holder.Id));
            Assert.Equal(7, await instance.Redis.StringGetAsync(keyspace.Quota(holder.Id)));
        }

        Assert.Equal(4, holders.Select(holder => keyspace.PartitionOf(holder.Id)).Distinct().Count());
        await instance.DrainAsync();
        foreach (var holder in holders)
            Assert.Equal(2, (await StoredLedger.ReadWholeAsync(Stores.Sql, holder.Id)).Count);
        await ForgetPartitionsAsync();
    }

    // No instance starts with other partitions than those before it (invariant 17).
    private async Task ForgetPartitionsAsync()
    {
        await Redis.KeyDeleteAsync("shared_settings");
        await using var connection = await Stores.Sql.OpenAsync(default);
        await connection.ExecuteAsync("DELETE FROM shared_settings");
    }

    private Task AgeAsync(TestHolder holder) => AgeAsync(holder, TermsRefresher.MaxAge + TimeSpan.FromSeconds(1));

    private async Task AgeAsync(TestHolder holder, TimeSpan age) =>
        await SetFieldsAsync(holder, ("loaded", await NowAsync() - (long)age.TotalMilliseconds));

    /// <summary>Changes a row as an operator does in SQL, the row's version included.</summary>
    private async Task ChangeByHandAsync(TestHolder holder, string assignment)
    {
        await using var connection = await Stores.Sql.OpenAsync(default);
        await Dapper.SqlMapper.ExecuteAsync(
            connection, $"UPDATE access_tokens SET {assignment} WHERE access_token = @Id", new { holder.Id });
    }

    private async Task AssertLifeAsync(TestHolder holder, bool expires)
    {
        await AssertExpiresUnusedAsync(Domain.Keyspace.Token(holder.Id));
        if (expires)
        {
            await AssertExpiresUnusedAsync(Domain.Keyspace.Quota(holder.Id));
            return;
        }

        Assert.True(await Redis.KeyExistsAsync(Domain.Keyspace.Quota(holder.Id)));
        Assert.Null(await Redis.KeyTimeToLiveAsync(Domain.Keyspace.Quota(holder.Id)));
    }

    private async Task AssertExpiresUnusedAsync(RedisKey key) =>
        Assert.InRange((await Redis.KeyTimeToLiveAsync(key))!.Value, Week - TimeSpan.FromMinutes(1), Week);
}
