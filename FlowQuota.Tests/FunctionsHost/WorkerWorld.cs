using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Azure.Storage.Queues;
using FlowQuota.Outbox;
using FlowQuota.Redis;
using FlowQuota.Sql;
using FlowQuota.Tests.Apps;
using FlowQuota.Tests.Crash;
using FlowQuota.Tests.Storage;
using StackExchange.Redis;
using Xunit;

namespace FlowQuota.Tests.FunctionsHost;

/// <summary>A host with the built worker, and Redis, MySQL (or MariaDB) and Azurite beside it.</summary>
public sealed class WorkerWorld : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("flowquota-worker-").FullName;
    private readonly MySqlFixture _sql = new();
    private readonly List<TestFunctionsHost> _hosts = [];
    private ConnectionMultiplexer? _redis;

    public WorkerWorld()
    {
        Azurite = new AzuriteProcess(Path.Combine(_folder, "azurite"));
    }

    /// <summary>The worker that the tests share.</summary>
    internal TestFunctionsHost Host => _hosts[0];

    public SqlDialect Sql => _sql.Dialect;

    private AzuriteProcess Azurite { get; }

    public IDatabase Redis => _redis!.GetDatabase();

    /// <summary>The settings of a worker in this world.</summary>
    internal IReadOnlyList<(string Name, string Value)> Settings { get; private set; } = [];

    public async Task InitializeAsync()
    {
        string redis = TestWorld.NewRedisDatabase();
        await Task.WhenAll(_sql.InitializeAsync(), Azurite.StartAsync());
        Settings =
        [
            ("REDIS_CONNECTION", redis), ("MYSQL_CONNECTION", _sql.ConnectionString), ("AzureWebJobsStorage", Azurite.Connection),
            ("ADMIN_TOKEN", TestApp.AdminToken), ("TOKEN_PEPPER", TestWorld.Pepper), ("REDIS_TIMEOUT_MS", TestWorld.PatientTimeout),
            // A loop that waits allocates a little at each turn.
            ("EXECUTE_MAX_MEMORY_MB", "2048"), ("EXECUTE_TIMEOUT_MS", "60000"), ("EXECUTE_MAX_STATEMENTS", "2147483647"),
            // A host serves before its sandbox is ready, and on a busy machine that takes a while.
            ("EXECUTE_SLOT_WAIT_MS", "30000"),
        ];
        _redis = await ConnectionMultiplexer.ConnectAsync(redis);
        await StartHostAsync();
    }

    /// <summary>Starts one more host with a worker of its own, over the same stores.</summary>
    internal async Task<TestFunctionsHost> StartHostAsync(params (string Name, string Value)[] settings)
    {
        var host = await TestFunctionsHost.StartAsync([.. Settings, .. settings]);
        _hosts.Add(host);
        return host;
    }

    /// <summary>Sends a request through a host; the body is null when the answer has none.</summary>
    internal async Task<(int Status, JsonElement? Body)> SendAsync(
        HttpMethod method, string path, string? token, object? body = null, TestFunctionsHost? host = null, CancellationToken cancellationToken = default)
    {
        using var request = new HttpRequestMessage(method, path);
        if (token is not null)
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        request.Content = body switch
        {
            null => null,
            string text => new StringContent(text, Encoding.UTF8, "application/json"),
            _ => JsonContent.Create(body),
        };
        using var response = await (host ?? Host).Client.SendAsync(request, cancellationToken);
        string answer = await response.Content.ReadAsStringAsync(cancellationToken);
        return ((int)response.StatusCode, answer.Length == 0 ? null : JsonSerializer.Deserialize<JsonElement>(answer));
    }

    internal Task<(int Status, JsonElement? Body)> AdminAsync(HttpMethod method, string path, object? body = null) =>
        SendAsync(method, path, TestApp.AdminToken, body);

    /// <summary>Creates a token with 10 calls.</summary>
    internal async Task<TestToken> CreateTokenAsync()
    {
        var (status, body) = await AdminAsync(HttpMethod.Post, "/flow/tokens",
            new { ws_id = "ws", email = "a@example.com", operation = "unlimited", quota_type = "count", total_quota = 10 });
        Assert.True(status == 200, $"{status} {body} {Host.LastFailure}");
        var data = body!.Value.GetProperty("data");
        return new TestToken(data.GetProperty("access_token").GetString()!, data.GetProperty("token_id").GetString()!);
    }

    /// <summary>Runs JavaScript with a token.</summary>
    internal Task<(int Status, JsonElement? Body)> ExecuteAsync(
        TestToken token, string code, TestFunctionsHost? host = null, CancellationToken cancellationToken = default) =>
        SendAsync(HttpMethod.Post, "/flow/execute", token.Full,
            new { code_base64 = Convert.ToBase64String(Encoding.UTF8.GetBytes(code)) }, host, cancellationToken);

    /// <summary>Takes the next message out of a queue, as the host's listener does; null if none is visible.</summary>
    internal async Task<string?> ReceiveAsync(OutboxKind kind)
    {
        var queue = new QueueClient(Azurite.Connection, DoorbellMessage.QueueOf(kind), StorageQueueDoorbell.Options());
        if (!await queue.ExistsAsync() || (await queue.ReceiveMessageAsync()).Value is not { } message)
            return null;
        await queue.DeleteMessageAsync(message.MessageId, message.PopReceipt);
        return message.Body.ToString();
    }

    public async Task DisposeAsync()
    {
        foreach (var host in _hosts)
            await host.DisposeAsync();
        if (_redis is not null)
            await _redis.DisposeAsync();
        await Azurite.DisposeAsync();
        await _sql.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }
}
