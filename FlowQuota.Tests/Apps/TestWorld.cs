using FlowQuota.Tests.Servers;
using FlowQuota.Tests.Storage;

namespace FlowQuota.Tests.Apps;

/// <summary>The stores of a test: the embedded pair, or real servers with a Redis database and a SQL database of its own.</summary>
public sealed class TestWorld : IAsyncDisposable
{
    public const string Pepper = "test-pepper-0123456789-0123456789";

    /// <summary>A busy machine must not turn a slow response into a 503; tests of timeouts set their own.</summary>
    public const string PatientTimeout = "10000";

    private static int _redisDatabases;

    private readonly List<(string Name, string Value)> _settings;
    private readonly MySqlFixture? _mySql;
    private readonly List<TestApp> _apps = [];

    private TestWorld(List<(string, string)> settings, MySqlFixture? mySql)
    {
        (_settings, _mySql) = (settings, mySql);
    }

    /// <summary>The folder of the first app's state.</summary>
    public string Folder { get; } = Directory.CreateTempSubdirectory("flowquota-").FullName;

    /// <summary>Garnet and SQLite within the app; one app at a time.</summary>
    public static TestWorld Embedded() => new([], null);

    /// <summary>Real Redis and MySQL (or MariaDB); as many apps as wanted. Doorbells are each app's own unless Azurite is asked for.</summary>
    /// <param name="azurite">True to ring through Azurite; such tests belong to one collection, because the queues' names are fixed.</param>
    public static async Task<TestWorld> RealAsync(bool azurite = false)
    {
        var mySql = new MySqlFixture();
        await mySql.InitializeAsync();
        var settings = new List<(string, string)>
        {
            ("REDIS_CONNECTION", NewRedisDatabase()),
            ("MYSQL_CONNECTION", mySql.ConnectionString),
        };
        if (azurite)
            settings.Add(("AzureWebJobsStorage", TestServers.Azurite));
        return new TestWorld(settings, mySql);
    }

    /// <summary>A database of the real Redis that no other test has.</summary>
    public static string NewRedisDatabase() => $"{TestServers.Redis},defaultDatabase={Interlocked.Increment(ref _redisDatabases)}";

    /// <summary>Starts an app in this world; it stops with the world, or before.</summary>
    /// <param name="settings">Settings beside those of the world.</param>
    public async Task<TestApp> StartAppAsync(params (string Name, string Value)[] settings)
    {
        string folder = Path.Combine(Folder, _mySql is null ? "app" : $"app{_apps.Count}");
        var app = await TestApp.StartAsync(
        [
            ("FLOWQUOTA_DATA_DIR", folder), ("ADMIN_TOKEN", TestApp.AdminToken), ("TOKEN_PEPPER", Pepper),
            ("REDIS_TIMEOUT_MS", PatientTimeout), .. _settings, .. settings,
        ]);
        _apps.Add(app);
        return app;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var app in _apps)
            await app.DisposeAsync();
        if (_mySql is not null)
            await _mySql.DisposeAsync();
        Directory.Delete(Folder, recursive: true);
    }
}
