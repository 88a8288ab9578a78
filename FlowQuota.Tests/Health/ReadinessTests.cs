using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Dapper;
using FlowQuota.Tests.Apps;
using FlowQuota.Tests.Crash;
using FlowQuota.Tests.Servers;
using FlowQuota.Tests.Storage;
using MySqlConnector;
using Xunit;

namespace FlowQuota.Tests.Health;

/// <summary>
/// Protects the diagnosis of /flow/health: each fault of each component that can be made here is named with its remedy, without
/// internal details.
/// </summary>
public sealed class ReadinessTests : IAsyncLifetime
{
    private const string Password = "a-password-that-is-told-nobody";
    private const string InitSql = "infra/sql/init.sql";

    private readonly MySqlFixture _sql = new();
    private readonly string _account = $"fq{Guid.NewGuid():N}"[..20];
    private readonly List<TcpListener> _silent = [];

    public async Task InitializeAsync()
    {
        await _sql.InitializeAsync();
        if (_sql.SkipReason is null)
            await MySqlFixture.ExecuteOnServerAsync($"CREATE USER '{_account}'@'%' IDENTIFIED BY '{Password}'");
    }

    public async Task DisposeAsync()
    {
        _silent.ForEach(listener => listener.Dispose());
        if (_sql.SkipReason is not null)
            return;
        await MySqlFixture.ExecuteOnServerAsync($"DROP USER '{_account}'@'%'");
        await _sql.DisposeAsync();
    }

    [ServerFact(MySql = true)]
    public async Task All_is_well() => await AssertAsync("sql", "ok", null, Sql(_ => { }));

    [ServerFact(MySql = true)]
    public async Task SQL_that_refuses_connections() => await AssertAsync("sql", "degraded", "cannot be reached", Sql(sql => sql.Port = (uint)ClosedPort()));

    [ServerFact(MySql = true)]
    public async Task SQL_that_does_not_answer() => await AssertAsync("sql", "degraded", "", Sql(sql => sql.Port = (uint)SilentPort()));

    [ServerFact(MySql = true)]
    public async Task SQL_that_refuses_the_password() =>
        await AssertAsync("sql", "degraded", "correct the user or the password in MYSQL_CONNECTION", Sql(sql => sql.Password = Password));

    [ServerFact(MySql = true)]
    public async Task SQL_without_the_database() => await AssertAsync("sql", "down", InitSql, Sql(sql => sql.Database += "_none"));

    [ServerFact(MySql = true)]
    public async Task SQL_with_an_empty_database()
    {
        await _sql.ExecuteAsync($"DROP DATABASE {_sql.Database}; CREATE DATABASE {_sql.Database}");

        await AssertAsync("sql", "down", InitSql, Sql(_ => { }));
    }

    [ServerFact(MySql = true)]
    public async Task SQL_with_the_schema_of_an_older_version()
    {
        await _sql.ExecuteAsync("DROP TABLE idempotency_keys");

        await AssertAsync("sql", "down", InitSql, Sql(_ => { }));
    }

    [ServerFact(MySql = true)]
    public async Task SQL_whose_account_has_no_right_to_the_database() =>
        await AssertAsync("sql", "down", "grant it SELECT, INSERT, UPDATE and DELETE", Sql(AsAccount));

    [ServerFact(MySql = true)]
    public async Task SQL_whose_account_may_only_read()
    {
        await MySqlFixture.ExecuteOnServerAsync($"GRANT SELECT ON {_sql.Database}.* TO '{_account}'@'%'");

        await AssertAsync("sql", "down", "grant it SELECT, INSERT, UPDATE and DELETE", Sql(AsAccount));
    }

    [ServerFact(MySql = true)]
    public async Task SQL_whose_account_has_no_connection_left()
    {
        await MySqlFixture.ExecuteOnServerAsync(
            $"GRANT ALL ON {_sql.Database}.* TO '{_account}'@'%'; ALTER USER '{_account}'@'%' WITH MAX_USER_CONNECTIONS 1");
        await using var other = new MySqlConnection(Sql(AsAccount)[0].Value);
        await other.OpenAsync();

        await AssertAsync("sql", "degraded", "too many connections", Sql(AsAccount));
    }

    [ServerFact(MySql = true)]
    public async Task SQL_whose_tables_others_have_locked()
    {
        await using var other = new MySqlConnection($"{_sql.ConnectionString};Pooling=false");
        await other.OpenAsync();
        await other.ExecuteAsync("LOCK TABLES access_tokens WRITE");

        await AssertAsync("sql", "degraded", "in time", Sql(_ => { }));
    }

    [ServerFact(MySql = true)]
    public async Task SQL_that_is_read_only()
    {
        string folder = Directory.CreateTempSubdirectory("flowquota-read-only-").FullName;
        await using (var server = new MariaDbProcess(folder))
        {
            await server.StartAsync();
            await using var world = TestWorld.Embedded();
            var app = await world.StartAppAsync(("MYSQL_CONNECTION", server.Connection));
            await AssertAsync(app, "sql", "ok", null);

            await server.OperateAsync("SET GLOBAL read_only = 1");

            await AssertAsync(app, "sql", "degraded", "read-only");
        }

        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task The_embedded_SQL_whose_schema_is_missing() => await AssertAsync("sql", "down", InitSql, ("DATABASE_MIGRATE", "false"));

    [Fact]
    public async Task The_embedded_SQL_whose_file_is_damaged()
    {
        await using var world = TestWorld.Embedded();
        var app = await world.StartAppAsync(("DATABASE_MIGRATE", "false"));
        foreach (string file in Directory.EnumerateFiles(world.Folder, "*.db", SearchOption.AllDirectories))
            await File.WriteAllBytesAsync(file, new byte[8192]);

        await AssertAsync(app, "sql", null, "");
    }

    [ServerFact(Redis = true)]
    public async Task Redis_that_refuses_connections() => await AssertAsync("redis", "down", "cannot be reached", ("REDIS_CONNECTION", $"127.0.0.1:{ClosedPort()}"));

    [ServerFact(Redis = true)]
    public async Task Redis_that_does_not_answer() =>
        await AssertAsync("redis", "down", "", ("REDIS_CONNECTION", $"127.0.0.1:{SilentPort()}"), ("REDIS_TIMEOUT_MS", "800"));

    [ServerFact(Redis = true)]
    public async Task Redis_that_refuses_the_password()
    {
        await using var redis = await OwnRedis.StartForgetfulAsync();
        await redis.ExecuteAsync("ACL", "SETUSER", "app", "on", ">another", "~*", "+@all");
        // Otherwise a refused client continues as the default user.
        await redis.ExecuteAsync("ACL", "SETUSER", "default", "off");

        await AssertAsync("redis", "down", "correct the user or the password in REDIS_CONNECTION", ("REDIS_CONNECTION", $"{redis.Connection},user=app,password={Password}"));
    }

    [ServerFact(Redis = true)]
    public async Task Redis_whose_account_may_not_read()
    {
        await using var redis = await OwnRedis.StartForgetfulAsync();
        await redis.ExecuteAsync("ACL", "SETUSER", "app", "on", $">{Password}", "~*", "+@connection", "+info", "+cluster");

        await AssertAsync("redis", "down", "REDIS_CONNECTION, or its ACL rules", ("REDIS_CONNECTION", $"{redis.Connection},user=app,password={Password}"));
    }

    [ServerFact(Redis = true)]
    public async Task Redis_that_reads_and_does_not_write()
    {
        await using var redis = await OwnRedis.StartForgetfulAsync();
        await using var world = TestWorld.Embedded();
        var app = await world.StartAppAsync(("REDIS_CONNECTION", redis.Connection));
        await AssertAsync(app, "redis", "ok", null);
        foreach (var (name, wrong, right, words) in new[]
        {
            ("maxmemory", "1", "0", "out of memory"),
            ("min-replicas-to-write", "1", "0", "min-replicas-to-write"),
        })
        {
            await redis.ExecuteAsync("CONFIG", "SET", name, wrong);
            await AssertAsync(app, "redis", "down", words);
            await redis.ExecuteAsync("CONFIG", "SET", name, right);
            await AssertAsync(app, "redis", "ok", null);
        }

        await redis.ExecuteAsync("REPLICAOF", "127.0.0.1", ClosedPort().ToString(CultureInfo.InvariantCulture));
        await Eventually.TrueAsync(async () => (await ComponentAsync(app, "redis")).Status == "down");
    }

    [ServerFact(Redis = true)]
    public async Task Redis_that_begins_to_evict()
    {
        await using var redis = await OwnRedis.StartForgetfulAsync();
        await using var world = TestWorld.Embedded();
        var app = await world.StartAppAsync(("REDIS_CONNECTION", redis.Connection));
        await redis.ExecuteAsync("CONFIG", "SET", "maxmemory-policy", "allkeys-lru");

        await AssertAsync(app, "redis", "degraded", "allkeys-lru");
    }

    [ServerFact(Redis = true)]
    public async Task Redis_that_is_frozen()
    {
        await using var redis = await OwnRedis.StartForgetfulAsync();
        await using var world = TestWorld.Embedded();
        var app = await world.StartAppAsync(("REDIS_CONNECTION", redis.Connection), ("REDIS_TIMEOUT_MS", "800"));
        await redis.PauseAsync(TimeSpan.FromSeconds(5));

        await AssertAsync(app, "redis", "down", "in time");
        await AssertAsync(app, "backlog", "down", "unknown");
    }

    [ServerFact(Azurite = true)]
    public async Task Queues_that_are_there() => await AssertAsync("queues", "ok", null, ("AzureWebJobsStorage", TestServers.Azurite));

    [ServerFact(Azurite = true)]
    public async Task Queues_that_refuse_connections() =>
        await AssertAsync("queues", "degraded", "cannot be reached", Queues($"http://127.0.0.1:{ClosedPort()}/devstoreaccount1"));

    [ServerFact(Azurite = true)]
    public async Task Queues_that_do_not_answer() =>
        await AssertAsync("queues", "degraded", "in time", Queues($"http://127.0.0.1:{SilentPort()}/devstoreaccount1"));

    [ServerFact(Azurite = true)]
    public async Task Queues_whose_name_is_not_known() => await AssertAsync("queues", "degraded", "", Queues("http://no-such-host.invalid/devstoreaccount1"));

    [ServerFact(Azurite = true)]
    public async Task Queues_that_refuse_the_key()
    {
        string key = Convert.ToBase64String(new byte[64]);

        await AssertAsync("queues", "degraded", "refuses the key or the identity", ("AzureWebJobsStorage",
            string.Join(';', TestServers.Azurite.Split(';').Select(part => part.StartsWith("AccountKey=", StringComparison.Ordinal) ? $"AccountKey={key}" : part))));
    }

    [ServerFact(Redis = true)]
    public async Task Queues_that_are_something_else() => await AssertAsync("queues", "degraded", "", Queues($"http://{TestServers.Redis}/devstoreaccount1"));

    [ServerFact(Redis = true)]
    public async Task An_append_only_file_that_is_off_and_may_not_be_turned_on()
    {
        await using var redis = await OwnRedis.StartForgetfulAsync();
        await redis.ExecuteAsync("ACL", "SETUSER", "app", "on", $">{Password}", "~*", "&*", "+@all", "-config|set");
        await using var world = TestWorld.Embedded();
        var app = await world.StartAppAsync(("REDIS_CONNECTION", $"{redis.Connection},user=app,password={Password}"));

        await Eventually.TrueAsync(async () => (await ComponentAsync(app, "aof")).Detail == "appendonly=no");
        await AssertAsync(app, "aof", "degraded", "appendonly=no");
    }

    private async Task AssertAsync(string component, string status, string? words, params (string Name, string Value)[] settings)
    {
        await using var world = TestWorld.Embedded();
        await AssertAsync(await world.StartAppAsync([("DATABASE_MIGRATE", component == "sql" ? "false" : "true"), .. settings]), component, status, words);
    }

    private async Task AssertAsync(TestApp app, string component, string? status, string? words)
    {
        var (found, detail) = await ComponentAsync(app, component);

        Assert.Equal(status ?? found, found);
        if (words is null)
            Assert.Null(detail);
        else
            Assert.Contains(words, detail, StringComparison.Ordinal);
    }

    private async Task<(string Status, string? Detail)> ComponentAsync(TestApp app, string name)
    {
        var answer = await app.AdminAsync(HttpMethod.Get, "/flow/health");
        string body = answer.Body.GetRawText();
        foreach (string inside in new[] { "Exception", "MySql", "127.0.0.1", "Azure.", "StackExchange", " at ", Password, _account, _sql.Database })
            Assert.DoesNotContain(inside, body, StringComparison.Ordinal);
        var components = answer.Data.GetProperty("components");
        bool isDown = components.EnumerateObject().Any(part => part.Value.GetProperty("status").GetString() == "down");
        Assert.Equal(isDown ? 503 : 200, answer.Status);
        var component = components.GetProperty(name);
        return (component.GetProperty("status").GetString()!, component.GetProperty("detail").GetString());
    }

    private (string Name, string Value)[] Sql(Action<MySqlConnectionStringBuilder> change)
    {
        var connection = new MySqlConnectionStringBuilder(_sql.ConnectionString);
        change(connection);
        return [("MYSQL_CONNECTION", connection.ConnectionString)];
    }

    private void AsAccount(MySqlConnectionStringBuilder connection) => (connection.UserID, connection.Password) = (_account, Password);

    private static (string Name, string Value)[] Queues(string endpoint) =>
        [("AzureWebJobsStorage", $"AccountName=devstoreaccount1;AccountKey={Convert.ToBase64String(new byte[64])};QueueEndpoint={endpoint};")];

    private static int ClosedPort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private int SilentPort()
    {
        var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        _silent.Add(listener);
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
