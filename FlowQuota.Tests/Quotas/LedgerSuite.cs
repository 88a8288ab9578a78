using FlowQuota.Outbox;
using FlowQuota.Storage.Redis;
using FlowQuota.Tests.Apps;
using StackExchange.Redis;
using Xunit;

namespace FlowQuota.Tests.Quotas;

/// <summary>What the suites of the ledger share: an instance over an empty Redis, and looks at the keys themselves.</summary>
public abstract class LedgerSuite(Stores stores) : IAsyncLifetime
{
    protected Stores Stores { get; } = stores;

    protected TestDomain Domain { get; private set; } = null!;

    protected IDatabase Redis => Domain.Redis;

    public virtual async Task InitializeAsync()
    {
        await Stores.FlushRedisAsync();
        Domain = await Stores.StartAsync();
    }

    public async Task DisposeAsync() => await Domain.DisposeAsync();

    /// <summary>Remaining calls as the key has them; null = no key.</summary>
    protected async Task<int?> CounterAsync(TestHolder holder) => (int?)await Redis.StringGetAsync(Domain.Keyspace.Quota(holder.Id));

    protected async Task<string?> FieldAsync(TestHolder holder, string field) =>
        await Redis.HashGetAsync(Domain.Keyspace.Token(holder.Id), field);

    /// <summary>Writes fields of the token's hash by hand, such as the state of a rate limit that would else take a minute to come about.</summary>
    protected Task SetFieldsAsync(TestHolder holder, params (string Name, long Value)[] fields) =>
        Redis.HashSetAsync(Domain.Keyspace.Token(holder.Id), [.. fields.Select(field => new HashEntry(field.Name, field.Value))]);

    /// <summary>What waits to be synced for a token, <c>epoch:seq:remaining:total</c>; null = nothing.</summary>
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

    /// <summary>Drains, and gives the token's whole ledger.</summary>
    protected async Task<IReadOnlyList<StoredChange>> LedgerAsync(TestHolder holder)
    {
        await Domain.DrainAsync();
        return await StoredLedger.ReadWholeAsync(Stores.Sql, holder.Id);
    }

    /// <summary>Takes away what Redis holds of the token's quota, as an eviction does.</summary>
    protected Task EvictAsync(TestHolder holder, bool quota = true, bool token = true)
    {
        RedisKey[] keys =
            [.. quota ? [Domain.Keyspace.Quota(holder.Id)] : Array.Empty<RedisKey>(), .. token ? [Domain.Keyspace.Token(holder.Id)] : Array.Empty<RedisKey>()];
        return Redis.KeyDeleteAsync(keys);
    }

    internal static RedisServer ServerOf(TestDomain domain) => domain.Get<RedisServer>();
}
