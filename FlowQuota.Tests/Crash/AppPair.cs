using System.Data.Common;
using Dapper;
using FlowQuota.Sql;
using FlowQuota.Tests.Apps;
using MySqlConnector;
using StackExchange.Redis;

namespace FlowQuota.Tests.Crash;

/// <summary>Two instances of FlowQuota on a database of their own in the MariaDB of a <see cref="CrashWorld"/>.</summary>
public abstract class AppPair : ILoadWorld, IAsyncDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("flowquota-pair-").FullName;
    private readonly string _sql;

    /// <param name="sql">The database, without a proxy.</param>
    /// <param name="redis">The instances' Redis, without a proxy; disposed with this.</param>
    /// <param name="settings">How the instances reach both.</param>
    protected AppPair(string sql, ConnectionMultiplexer redis, params (string, string)[] settings)
    {
        (_sql, Redis) = (sql, redis);
        settings =
        [
            .. settings,
            ("ADMIN_TOKEN", TestApp.AdminToken), ("TOKEN_PEPPER", TestWorld.Pepper), ("QUOTA_SYNC_INTERVAL_SECONDS", "1"),
            ("EXECUTE_SLOT_WAIT_MS", "30000"),
        ];
        Apps = [new SelfHostProcess(Path.Combine(_folder, "app0"), settings), new SelfHostProcess(Path.Combine(_folder, "app1"), settings)];
    }

    public IReadOnlyList<SelfHostProcess> Apps { get; }

    protected ConnectionMultiplexer Redis { get; }

    public abstract Task<long> WaitingAsync();

    public async Task<DbConnection> OpenSqlAsync()
    {
        var connection = new MySqlConnection($"{_sql};Pooling=false");
        await connection.OpenAsync();
        return connection;
    }

    public SqlDialect OpenDialect() => new MySqlDialect(_sql);

    /// <summary>Makes an empty database, and returns how it is reached.</summary>
    protected static async Task<string> MakeDatabaseAsync(CrashWorld world, string database)
    {
        await using (var connection = await world.MariaDb.OpenAsync())
            await connection.ExecuteAsync($"DROP DATABASE IF EXISTS {database}; CREATE DATABASE {database}");
        return new MySqlConnectionStringBuilder(world.MariaDb.Connection) { Database = database }.ConnectionString;
    }

    /// <summary>Starts both instances, one after the other.</summary>
    protected static async Task<TPair> StartAsync<TPair>(TPair pair)
        where TPair : AppPair
    {
        try
        {
            foreach (var app in pair.Apps)
                await app.StartAsync();
            return pair;
        }
        catch
        {
            await pair.DisposeAsync();
            throw;
        }
    }

    public virtual async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        foreach (var app in Apps)
            await app.DisposeAsync();
        await Redis.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }
}
