using System.Data.Common;
using FlowQuota.Sql;
using FlowQuota.Tests.Apps;
using StackExchange.Redis;
using Xunit;

namespace FlowQuota.Tests.Crash;

/// <summary>Redis, MariaDB, Azurite and two instances of FlowQuota, each a process that a test may kill.</summary>
public sealed class CrashWorld : ILoadWorld, IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("flowquota-crash-").FullName;
    private ConnectionMultiplexer? _connection;

    public CrashWorld()
    {
        Redis = new RedisProcess(Path.Combine(_folder, "redis"));
        MariaDb = new MariaDbProcess(Path.Combine(_folder, "mariadb"));
        Azurite = new AzuriteProcess(Path.Combine(_folder, "azurite"));
        (string, string)[] settings =
        [
            ("REDIS_CONNECTION", Redis.Address), ("MYSQL_CONNECTION", MariaDb.Connection), ("AzureWebJobsStorage", Azurite.Connection),
            ("ADMIN_TOKEN", TestApp.AdminToken), ("TOKEN_PEPPER", TestWorld.Pepper), ("QUOTA_SYNC_INTERVAL_SECONDS", "1"),
            // So that what is killed may be rolling up usage.
            ("USAGE_ROLLUP_SCHEDULE", "*/10 * * * * *"),
            // A loop that waits allocates a little at each turn.
            ("EXECUTE_MAX_MEMORY_MB", "2048"), ("EXECUTE_SLOT_WAIT_MS", "30000"),
        ];
        Apps = [new SelfHostProcess(Path.Combine(_folder, "app0"), settings), new SelfHostProcess(Path.Combine(_folder, "app1"), settings)];
    }

    public RedisProcess Redis { get; }

    public MariaDbProcess MariaDb { get; }

    public AzuriteProcess Azurite { get; }

    public IReadOnlyList<SelfHostProcess> Apps { get; }

    public IDatabase Database => _connection!.GetDatabase();

    public async Task InitializeAsync()
    {
        try
        {
            await Task.WhenAll(Redis.StartAsync(), MariaDb.StartAsync(), Azurite.StartAsync());
            await RestoreAsync();
        }
        catch
        {
            await DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts every part that does not run, and resumes the parts that a failed test left frozen.</summary>
    public async Task RestoreAsync()
    {
        foreach (var app in Apps.Where(app => app.IsRunning))
            await app.Process.SignalAsync("CONT");
        await Task.WhenAll(Redis.StartAsync(), MariaDb.StartAsync(), Azurite.StartAsync());
        foreach (var app in Apps)
            await app.StartAsync();
        _connection ??= await ConnectionMultiplexer.ConnectAsync($"{Redis.Address},abortConnect=false");
    }

    /// <summary>How many quotas and audit events wait for SQL.</summary>
    public async Task<long> WaitingAsync() =>
        await Database.HashLengthAsync("outbox:sync") + await Database.ListLengthAsync("outbox:audit");

    public async Task<DbConnection> OpenSqlAsync() => await MariaDb.OpenAsync();

    public SqlDialect OpenDialect() => new MySqlDialect(MariaDb.Connection);

    public async Task DisposeAsync()
    {
        if (_connection is not null)
            await _connection.DisposeAsync();
        foreach (var app in Apps)
            await app.DisposeAsync();
        await Azurite.DisposeAsync();
        await MariaDb.DisposeAsync();
        await Redis.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }
}
