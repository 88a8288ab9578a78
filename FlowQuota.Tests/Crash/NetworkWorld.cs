using System.Data.Common;
using Dapper;
using FlowQuota.Tests.Apps;
using MySqlConnector;
using StackExchange.Redis;

namespace FlowQuota.Tests.Crash;

/// <summary>Two instances of FlowQuota that reach the Redis and MariaDB of a <see cref="CrashWorld"/> through proxies that misbehave.</summary>
public sealed class NetworkWorld : ILoadWorld, IAsyncDisposable
{
    private const int RedisDatabase = 2;

    private readonly string _folder = Directory.CreateTempSubdirectory("flowquota-network-").FullName;
    private readonly string _sql;
    private readonly ConnectionMultiplexer _redis;

    private NetworkWorld(CrashWorld world, string database, ConnectionMultiplexer redis, int seed)
    {
        _redis = redis;
        _sql = new MySqlConnectionStringBuilder(world.MariaDb.Connection) { Database = database }.ConnectionString;
        Redis = new FaultyProxy(world.Redis.ServerPort, seed, perMille: 2);
        Sql = new FaultyProxy(world.MariaDb.ServerPort, seed + 1, perMille: 8);
        (string, string)[] settings =
        [
            ("REDIS_CONNECTION", $"127.0.0.1:{Redis.Port},defaultDatabase={RedisDatabase}"),
            ("MYSQL_CONNECTION", new MySqlConnectionStringBuilder(_sql) { Port = (uint)Sql.Port }.ConnectionString),
            ("ADMIN_TOKEN", TestApp.AdminToken), ("TOKEN_PEPPER", TestWorld.Pepper), ("QUOTA_SYNC_INTERVAL_SECONDS", "1"),
            ("EXECUTE_SLOT_WAIT_MS", "30000"),
        ];
        Apps = [new SelfHostProcess(Path.Combine(_folder, "app0"), settings), new SelfHostProcess(Path.Combine(_folder, "app1"), settings)];
    }

    public FaultyProxy Redis { get; }

    public FaultyProxy Sql { get; }

    public IReadOnlyList<SelfHostProcess> Apps { get; }

    private IDatabase Database => _redis.GetDatabase(RedisDatabase);

    /// <param name="world">Whose servers to use; the SQL database and the Redis database are this world's own.</param>
    /// <param name="seed">Draws the faults.</param>
    public static async Task<NetworkWorld> StartAsync(CrashWorld world, int seed)
    {
        const string database = "network";
        await using (var connection = await world.MariaDb.OpenAsync())
            await connection.ExecuteAsync($"DROP DATABASE IF EXISTS {database}; CREATE DATABASE {database}");
        var redis = await ConnectionMultiplexer.ConnectAsync($"{world.Redis.Address},allowAdmin=true");
        await redis.GetServers()[0].FlushDatabaseAsync(RedisDatabase);
        var network = new NetworkWorld(world, database, redis, seed);
        try
        {
            foreach (var app in network.Apps)
                await app.StartAsync();
            return network;
        }
        catch
        {
            await network.DisposeAsync();
            throw;
        }
    }

    public async Task<long> WaitingAsync() =>
        await Database.HashLengthAsync("outbox:sync") + await Database.ListLengthAsync("outbox:audit");

    public async Task<DbConnection> OpenSqlAsync()
    {
        var connection = new MySqlConnection($"{_sql};Pooling=false");
        await connection.OpenAsync();
        return connection;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var app in Apps)
            await app.DisposeAsync();
        await Redis.DisposeAsync();
        await Sql.DisposeAsync();
        await _redis.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }
}
