using FlowQuota.Admission;
using FlowQuota.Errors;
using FlowQuota.Ledger;
using FlowQuota.Redis;
using FlowQuota.Tests.Apps;
using FlowQuota.Tests.Servers;
using FlowQuota.Tests.Storage;
using StackExchange.Redis;
using Xunit;

namespace FlowQuota.Tests.Quotas;

/// <summary>
/// Protects a call that is repeated under one key while its answers get lost: it is charged once if an attempt was
/// answered, and not at all if none was.
/// </summary>
public sealed class ChargeOnceTests(SqliteFixture sql) : IClassFixture<SqliteFixture>
{
    [ServerFact(Redis = true)]
    public async Task An_attempt_that_stays_without_an_answer_is_given_back_and_its_key_is_forgotten()
    {
        await using var world = await World.StartAsync(sql);

        await world.LoseAsync();

        await world.SettlesAtAsync(100);
        Assert.False(await world.HasKeyAsync());
        Assert.False((await world.AuthorizeAsync(world.Other)).IsRepeat);
        Assert.True((await world.AuthorizeAsync(world.Other)).IsRepeat);
        Assert.Equal(["consume", "refund", "consume"], await world.ActionsAsync());
    }

    [ServerFact(Redis = true)]
    public async Task A_charge_that_another_attempt_was_answered_with_is_not_given_back()
    {
        await using var world = await World.StartAsync(sql);

        await world.LoseAsync(async () => Assert.True((await world.AuthorizeAsync(world.Other)).IsRepeat));

        await world.HasAttemptsAsync(1);
        await world.SettlesAtAsync(97);
        Assert.Equal(["consume"], await world.ActionsAsync());
        Assert.True((await world.AuthorizeAsync(world.Other)).IsRepeat);
    }

    [ServerFact(Redis = true)]
    public async Task A_charge_is_given_back_once_when_the_last_of_several_attempts_is()
    {
        await using var world = await World.StartAsync(sql);

        await world.LoseAsync(() => world.LoseMoreAsync(4));

        await world.SettlesAtAsync(100);
        Assert.False(await world.HasKeyAsync());
        // An attempt that runs after the charge was given back is charged again, and given back, too.
        Assert.All((await world.ActionsAsync()).Chunk(2), pair => Assert.Equal(["consume", "refund"], pair));
    }

    [ServerFact(Redis = true)]
    public async Task More_attempts_than_are_remembered_by_name_keep_the_charge()
    {
        await using var world = await World.StartAsync(sql);

        await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => world.AuthorizeAsync(world.Other)));

        var key = await world.KeyAsync();
        Assert.EndsWith(" *", key.Value, StringComparison.Ordinal);
        Assert.InRange(key.Value.Length, 1, 300);
        Assert.InRange(key.Life!.Value.TotalMinutes, 4, 5);
        await world.SettlesAtAsync(97);
    }

    private sealed class World : IAsyncDisposable
    {
        private readonly OwnRedis _redis;
        private readonly TcpProxy _proxy;
        private readonly TestDomain _domain;
        private readonly SqliteFixture _sql;
        private readonly TestHolder _holder;

        private World(OwnRedis redis, TcpProxy proxy, TestDomain domain, TestDomain other, SqliteFixture sql, TestHolder holder)
        {
            (_redis, _proxy, _domain, Other, _sql, _holder) = (redis, proxy, domain, other, sql, holder);
        }

        /// <summary>An instance with a working connection to Redis.</summary>
        public TestDomain Other { get; }

        public static async Task<World> StartAsync(SqliteFixture sql)
        {
            var redis = await OwnRedis.StartDurableAsync();
            var proxy = new TcpProxy(redis.Port);
            var other = await TestDomain.StartAsync(redis.Connection, sql.Dialect);
            var domain = await TestDomain.StartAsync($"127.0.0.1:{proxy.Port}", sql.Dialect, settings: ("REDIS_TIMEOUT_MS", "2000"));
            var holder = await domain.IssueAsync(100);
            // So that no call need read the server's clock, whose reply would be lost, too.
            await domain.Get<ScriptRunner>().ReadClockAsync(0);
            return new World(redis, proxy, domain, other, sql, holder);
        }

        public Task<AdmissionResult> AuthorizeAsync(TestDomain domain) =>
            domain.Ledger.AuthorizeAsync(_holder.Presented, 3, "call", IdempotencyKey.Of("test", "key", []));

        /// <summary>Makes an attempt that is charged and not answered.</summary>
        /// <param name="meanwhile">Runs after the charge, before the attempt times out.</param>
        public async Task LoseAsync(Func<Task>? meanwhile = null)
        {
            _proxy.LosesReplies = true;
            var lost = Assert.ThrowsAsync<StoreUnavailableException>(() => AuthorizeAsync(_domain));
            await Eventually.TrueAsync(async () => await RemainingAsync() == 97);
            if (meanwhile is not null)
                await meanwhile();
            await lost;
            // In this order, because a reply on a connection after a lost one would be taken for the lost one.
            _proxy.Reset();
            _proxy.LosesReplies = false;
        }

        /// <summary>Makes attempts that are not answered, while replies are lost.</summary>
        public async Task LoseMoreAsync(int attempts) =>
            await Task.WhenAll(Enumerable.Range(0, attempts).Select(_ => Assert.ThrowsAsync<StoreUnavailableException>(() => AuthorizeAsync(_domain))));

        public async Task SettlesAtAsync(int remaining)
        {
            await Eventually.TrueAsync(async () => await RemainingAsync() == remaining);
            // What is still to be given back is, before the instance has stopped.
            await _domain.StopAsync();
            Assert.Equal(remaining, await RemainingAsync());
        }

        public Task HasAttemptsAsync(int count) => Eventually.TrueAsync(async () => (await KeyAsync()).Value.Split(' ').Length == count);

        public async Task<bool> HasKeyAsync() => await Keys().AnyAsync();

        public async Task<(string Value, TimeSpan? Life)> KeyAsync()
        {
            var key = await Keys().SingleAsync();
            return ((string)(await Other.Redis.StringGetAsync(key))!, await Other.Redis.KeyTimeToLiveAsync(key));
        }

        public async Task<IEnumerable<string>> ActionsAsync()
        {
            await Other.DrainAsync();
            return (await StoredLedger.ReadWholeAsync(_sql.Dialect, _holder.Id)).Skip(1).Select(row => row.Action);
        }

        public async ValueTask DisposeAsync()
        {
            await _domain.DisposeAsync();
            await Other.DisposeAsync();
            await _proxy.DisposeAsync();
            await _redis.DisposeAsync();
        }

        private async Task<int> RemainingAsync() => (int)await Other.Redis.StringGetAsync(Other.Keyspace.Quota(_holder.Id));

        private IAsyncEnumerable<RedisKey> Keys() =>
            Other.Redis.Multiplexer.GetServers()[0].KeysAsync(Other.Redis.Database, $"idem:{_holder.Id}:*");
    }
}
