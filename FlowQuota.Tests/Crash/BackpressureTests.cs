using System.Collections.Concurrent;
using System.Globalization;
using Dapper;
using FlowQuota.Tests.Apps;
using FlowQuota.Tests.Contract;
using FlowQuota.Tests.Servers;
using MySqlConnector;
using Xunit;

namespace FlowQuota.Tests.Crash;

/// <summary>
/// Protects a long outage of SQL: the outbox grows and is reported. At its hard limit calls are refused and nothing is
/// dropped, and when SQL is back it drains while calls continue.
/// </summary>
[Collection(CrashCollection.Name)]
public sealed class BackpressureTests(CrashWorld world) : IDisposable
{
    private const int Cap = 20;
    private const int HardLimit = 100 * Cap;
    private const int AccessTokenAuthentication = 4;
    private const int Quota = 1_000_000;

    private readonly string _folder = Directory.CreateTempSubdirectory("flowquota-backpressure-").FullName;

    [ServerFact(Redis = true, MySql = true, Azurite = true)]
    public async Task SQL_is_away_until_the_backlog_is_full_and_when_it_is_back_all_of_it_is_written_while_calls_go_on()
    {
        await world.RestoreAsync();
        await using var app = await StartAsync();
        var token = await app.CreateTokenAsync(
            new { ws_id = "ws", email = "a@example.com", operation = "unlimited", quota_type = "count", total_quota = Quota });
        Assert.Equal("ok", await StatusAsync(app));

        await world.MariaDb.KillAsync();
        for (int i = 0; i <= Cap; i++)
            Envelope.Data(await app.ConsumeAsync(token));
        await AssertDegradedAsync(app);

        // From now on callers retry all the time, whatever the response.
        using var stop = new CancellationTokenSource();
        var admitted = new ConcurrentBag<int>();
        var refused = new ConcurrentBag<TestAnswer>();
        var callers = Enumerable.Range(0, AccessTokenAuthentication).Select(_ => Task.Run(() => CallAsync(app, token, admitted, refused, stop.Token))).ToList();
        await Eventually.TrueAsync(() => refused.Count > 50, seconds: 60);
        Assert.Equal(HardLimit, Cap + 1 + admitted.Count);
        await AssertFullAsync(app, token);

        await world.MariaDb.StartAsync();
        int before = admitted.Count;
        await Eventually.TrueAsync(async () => await WaitingAsync(app) <= Cap, seconds: 60);
        int meanwhile = admitted.Count - before;
        await Eventually.TrueAsync(() => admitted.Count >= before + meanwhile + 200, seconds: 60);
        await stop.CancelAsync();
        await Task.WhenAll(callers);

        Assert.True(meanwhile >= 20, $"Only {meanwhile} calls were admitted while the backlog was drained.");
        Assert.All(refused, answer => Envelope.Refused(answer, 503, "ServiceUnavailable"));
        await AssertNothingIsLostAsync(app, token, Cap + 1 + admitted.Count);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    /// <summary>An app with a small cap, its own database and its own place in Redis; its batches are small, so that draining takes many.</summary>
    private async Task<TestApp> StartAsync()
    {
        const string database = "backpressure";
        await using (var connection = await world.MariaDb.OpenAsync())
            await connection.ExecuteAsync($"CREATE DATABASE {database}");
        return await TestApp.StartAsync(
        [
            ("REDIS_CONNECTION", $"{world.Redis.Address},defaultDatabase=1"),
            ("MYSQL_CONNECTION", new MySqlConnectionStringBuilder(world.MariaDb.Connection) { Database = database }.ConnectionString),
            ("FLOWQUOTA_DATA_DIR", _folder), ("ADMIN_TOKEN", TestApp.AdminToken), ("TOKEN_PEPPER", TestWorld.Pepper),
            ("REDIS_TIMEOUT_MS", TestWorld.PatientTimeout), ("FLOW_TIME_ZONE", ContractApp.TimeZone), ("QUOTA_SYNC_INTERVAL_SECONDS", "1"),
            ("QUOTA_QUEUE_CAP", Cap.ToString(CultureInfo.InvariantCulture)), ("QUOTA_SYNC_BATCH_SIZE", "25"),
        ]);
    }

    private static async Task CallAsync(TestApp app, TestToken token, ConcurrentBag<int> admitted, ConcurrentBag<TestAnswer> refused, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            var answer = await app.ConsumeAsync(token);
            if (answer.Status == 200)
                admitted.Add(answer.Data.GetProperty("remaining_quota").GetInt32());
            else
                refused.Add(answer);
        }
    }

    private static async Task AssertDegradedAsync(TestApp app)
    {
        for (int i = 0; i < 3; i++)
            Assert.Equal("degraded", await StatusAsync(app));
        var health = Envelope.Data(await app.AdminAsync(HttpMethod.Get, "/flow/health"));
        Assert.Equal(("degraded", "degraded"), (health.GetProperty("status").GetString(), Component(health, "backlog")));
        Assert.Equal("degraded", Component(health, "sql"));
        // Requested four times within the minute, logged once.
        Assert.Single(Warnings(app));
    }

    private static async Task AssertFullAsync(TestApp app, TestToken token)
    {
        int left = await AppLedger.RemainingAsync(app, token);
        Assert.Equal(Quota - HardLimit, left);
        Envelope.Refused(await app.ExecuteAsync(token, "return 1"), 503, "ServiceUnavailable");
        Envelope.Refused(await app.AdminAsync(HttpMethod.Get, "/flow/health"), 503, "ServiceUnavailable");
        Assert.Equal("full", await StatusAsync(app));
        Assert.Equal(HardLimit, await WaitingAsync(app));
        Assert.Equal(left, await AppLedger.RemainingAsync(app, token));
    }

    private static async Task AssertNothingIsLostAsync(TestApp app, TestToken token, int admitted)
    {
        await app.DrainAsync();
        var rows = await StoredLedger.ReadWholeAsync(app.Sql, token.Id);
        Assert.Equal(admitted, rows.Count(row => row.Action == "consume"));
        Assert.Equal(1 + admitted, rows.Count);
        Assert.Equal(Quota - admitted, await AppLedger.RemainingAsync(app, token));
        Assert.Equal(Quota - admitted, (await StoredLedger.ReadQuotaAsync(app.Sql, token.Id)).Remaining);
        var report = Envelope.Data(await app.AdminAsync(HttpMethod.Get, "/flow/quota/verify"));
        Assert.True(report.GetProperty("balanced").GetBoolean(), report.ToString());
        Assert.Equal(0, report.GetProperty("pending_tokens").GetInt32());
        Assert.Equal("ok", await StatusAsync(app));
        var health = Envelope.Data(await app.AdminAsync(HttpMethod.Get, "/flow/health"));
        Assert.Equal("ok", Component(health, "backlog"));
    }

    private static async Task<string?> StatusAsync(TestApp app) =>
        Envelope.Data(await app.AdminAsync(HttpMethod.Get, "/flow/cache-write-pool/stats")).GetProperty("status").GetString();

    private static async Task<long> WaitingAsync(TestApp app) => await app.Redis.ListLengthAsync("outbox:audit");

    private static string? Component(System.Text.Json.JsonElement health, string name) =>
        health.GetProperty("components").GetProperty(name).GetProperty("status").GetString();

    private static IEnumerable<string> Warnings(TestApp app) =>
        app.Log.Lines.Where(line => line.StartsWith("Warning: Backlog above its cap", StringComparison.Ordinal));
}
