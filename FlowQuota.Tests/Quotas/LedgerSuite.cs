using FlowQuota.Administration;
using FlowQuota.Ledger;
using FlowQuota.Redis;
using FlowQuota.Tests.Apps;
using StackExchange.Redis;
using Xunit;

namespace FlowQuota.Tests.Quotas;

/// <summary>The common base of the ledger's suites: an instance over an empty Redis, and access to the keys themselves.</summary>
public abstract class LedgerSuite(Stores stores) : IAsyncLifetime
{
    protected Stores Stores { get; } = stores;

    protected TestDomain Domain { get; set; } = null!;

    protected IDatabase Redis => Domain.Redis;

    public virtual async Task InitializeAsync()
    {
        await Stores.FlushRedisAsync();
        Domain = await Stores.StartAsync();
    }

    public virtual async Task DisposeAsync() => await Domain.DisposeAsync();

    /// <summary>Remaining calls in the key; null = no key.</summary>
    protected async Task<int?> CounterAsync(TestHolder holder) => (int?)await Redis.StringGetAsync(Domain.Keyspace.Quota(holder.Id));

    protected async Task<string?> FieldAsync(TestHolder holder, string field) =>
        await Redis.HashGetAsync(Domain.Keyspace.Token(holder.Id), field);

    /// <summary>Writes fields of the token's hash by hand, such as the state of a rate limit that would otherwise take a minute to reach.</summary>
    protected Task SetFieldsAsync(TestHolder holder, params (string Name, long Value)[] fields) =>
        Redis.HashSetAsync(Domain.Keyspace.Token(holder.Id), [.. fields.Select(field => new HashEntry(field.Name, field.Value))]);

    /// <summary>The waiting sync of a token, <c>epoch:seq:remaining:total</c>; null = none.</summary>
    protected async Task<string?> WaitingAsync(TestHolder holder) =>
        await Redis.HashGetAsync(Domain.Keyspace.Outbox(OutboxKind.Sync, Domain.Keyspace.PartitionOf(holder.Id)), holder.Id);

    /// <summary>How many audit events wait, of all tokens.</summary>
    protected Task<long> EventsAsync() => Redis.ListLengthAsync(Domain.Keyspace.Outbox(OutboxKind.Audit, 0));

    /// <summary>Redis's own clock, in ms.</summary>
    protected async Task<long> NowAsync()
    {
        var time = (RedisValue[])(await Redis.ExecuteAsync("TIME"))!;
        return ((long)time[0] * 1000) + ((long)time[1] / 1000);
    }

    /// <summary>Drains, and returns the token's whole ledger.</summary>
    protected async Task<IReadOnlyList<StoredChange>> LedgerAsync(TestHolder holder)
    {
        await Domain.DrainAsync();
        return await StoredLedger.ReadWholeAsync(Stores.Sql, holder.Id);
    }

    /// <summary>Drains, and returns the token's rows, oldest first.</summary>
    protected async Task<IReadOnlyList<QuotaLogEntry>> LogAsync(TestHolder holder)
    {
        await Domain.DrainAsync();
        var page = await Domain.Get<IQuotaLogStore>().ReadAsync(new QuotaLogQuery(holder.Id, null, null, null, 1, 10_000), default);
        return [.. page.Entries.Reverse()];
    }

    /// <summary>Drains, and checks that the token's books balance.</summary>
    protected async Task AssertBalancedAsync(TestHolder holder)
    {
        await Domain.DrainAsync();
        var report = await Domain.Get<LedgerVerification>().VerifyAsync(holder.Id, default);
        Assert.Empty(report.Problems);
        Assert.True(report.IsBalanced);
    }

    /// <summary>Removes the token's quota from Redis, as an eviction does.</summary>
    protected Task EvictAsync(TestHolder holder, bool quota = true, bool token = true)
    {
        RedisKey[] keys =
            [.. quota ? [Domain.Keyspace.Quota(holder.Id)] : Array.Empty<RedisKey>(), .. token ? [Domain.Keyspace.Token(holder.Id)] : Array.Empty<RedisKey>()];
        return Redis.KeyDeleteAsync(keys);
    }
}
