using System.Globalization;
using FlowQuota.Redis;
using FlowQuota.Tests.Apps;
using StackExchange.Redis;

namespace FlowQuota.Tests.Crash;

/// <summary>Two instances of FlowQuota on the MariaDB of a <see cref="CrashWorld"/> and on Redis servers that a test has fail over.</summary>
public sealed class FailoverWorld : AppPair
{
    private FailoverWorld(string sql, ConnectionMultiplexer redis, string addresses, int partitions)
        : base(sql, redis,
            ("REDIS_CONNECTION", addresses), ("REDIS_PARTITIONS", partitions.ToString(CultureInfo.InvariantCulture)), ("MYSQL_CONNECTION", sql))
    {
        Keyspace = new RedisKeyspace(partitions);
    }

    public RedisKeyspace Keyspace { get; }

    /// <param name="world">Whose MariaDB to use.</param>
    /// <param name="database">This world's own database there.</param>
    /// <param name="addresses">The Redis servers, as in <c>REDIS_CONNECTION</c>.</param>
    /// <param name="partitions"><c>REDIS_PARTITIONS</c>.</param>
    public static async Task<FailoverWorld> StartAsync(CrashWorld world, string database, string addresses, int partitions)
    {
        string sql = await MakeDatabaseAsync(world, database);
        var redis = await ConnectionMultiplexer.ConnectAsync($"{addresses},abortConnect=false");
        return await StartAsync(new FailoverWorld(sql, redis, addresses, partitions));
    }

    public override async Task<long> WaitingAsync()
    {
        long waiting = 0;
        for (int partition = 0; partition < Keyspace.Partitions; partition++)
        {
            waiting += await Redis.GetDatabase().HashLengthAsync(Keyspace.Outbox(OutboxKind.Sync, partition))
                + await Redis.GetDatabase().ListLengthAsync(Keyspace.Outbox(OutboxKind.Audit, partition));
        }

        return waiting;
    }

    /// <summary>Waits until both instances serve a token.</summary>
    public async Task ServesAsync(SteadyLoad load, TestToken token, int seconds)
    {
        foreach (var app in Apps)
            await Eventually.TrueAsync(async () => await load.CallAsync(app, token) is { Status: 200 }, seconds);
    }
}
