using MySqlConnector;
using StackExchange.Redis;

namespace FlowQuota.Tests.Crash;

/// <summary>Two instances of FlowQuota that reach the Redis and MariaDB of a <see cref="CrashWorld"/> through proxies that misbehave.</summary>
public sealed class NetworkWorld : AppPair
{
    private const int RedisDatabase = 2;

    private NetworkWorld(string sql, ConnectionMultiplexer redis, FaultyProxy redisProxy, FaultyProxy sqlProxy)
        : base(sql, redis,
            ("REDIS_CONNECTION", $"127.0.0.1:{redisProxy.Port},defaultDatabase={RedisDatabase}"),
            ("MYSQL_CONNECTION", new MySqlConnectionStringBuilder(sql) { Port = (uint)sqlProxy.Port }.ConnectionString))
    {
        (RedisProxy, SqlProxy) = (redisProxy, sqlProxy);
    }

    public FaultyProxy RedisProxy { get; }

    public FaultyProxy SqlProxy { get; }

    private IDatabase Database => Redis.GetDatabase(RedisDatabase);

    /// <param name="world">Whose servers to use; the SQL database and the Redis database are this world's own.</param>
    /// <param name="seed">Draws the faults.</param>
    public static async Task<NetworkWorld> StartAsync(CrashWorld world, int seed)
    {
        string sql = await MakeDatabaseAsync(world, "network");
        var redis = await ConnectionMultiplexer.ConnectAsync($"{world.Redis.Address},allowAdmin=true");
        await redis.GetServers()[0].FlushDatabaseAsync(RedisDatabase);
        return await StartAsync(new NetworkWorld(sql, redis,
            new FaultyProxy(world.Redis.ServerPort, seed, perMille: 2), new FaultyProxy(world.MariaDb.ServerPort, seed + 1, perMille: 8)));
    }

    public override async Task<long> WaitingAsync() =>
        await Database.HashLengthAsync("outbox:sync") + await Database.ListLengthAsync("outbox:audit");

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        await RedisProxy.DisposeAsync();
        await SqlProxy.DisposeAsync();
    }
}
