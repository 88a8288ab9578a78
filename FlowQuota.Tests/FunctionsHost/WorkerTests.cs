using System.Net;
using FlowQuota.Outbox;
using FlowQuota.Redis;
using FlowQuota.Tests.Apps;
using FlowQuota.Tests.Servers;
using FlowQuota.Tests.Storage;
using Xunit;

namespace FlowQuota.Tests.FunctionsHost;

/// <summary>
/// Protects the app in Azure: the worker as it is built and deployed, started and driven as the Functions host does it, with a
/// function of each kind.
/// </summary>
public sealed class WorkerTests(WorkerWorld world) : IClassFixture<WorkerWorld>
{
    private const string Forever = "while (true) {}";

    /// <summary>Field names that a binding might match: our own parameters, the worker's types, HTTP's words.</summary>
    private static readonly string[] Names =
    [
        "cancellationToken", "CancellationToken", "request", "req", "httpRequest", "HttpRequest", "context", "functionContext", "FunctionContext",
        "executionContext", "token", "message", "timer", "logger", "log", "headers", "Headers", "query", "Query", "params", "body", "path", "$return",
        "sys", "InvocationId", "x-ms-invocation-id", "__proto__", "1",
    ];

    [FunctionsFact(Servers = true)]
    public async Task A_call_goes_all_the_way()
    {
        var token = await world.CreateTokenAsync();

        var (status, body) = await world.ExecuteAsync(token, "console.log('Hello'); return 6 * 7");

        Assert.Equal(200, status);
        Assert.Equal(42, body!.Value.GetProperty("result").GetInt32());
        Assert.Equal(9, body.Value.GetProperty("quota").GetProperty("remaining_quota").GetInt32());
        var (found, quota) = await world.AdminAsync(HttpMethod.Get, $"/flow/tokens/{token.Id}/quota");
        Assert.Equal(200, found);
        Assert.Equal(9, quota!.Value.GetProperty("data").GetProperty("remaining_quota").GetInt32());
    }

    [FunctionsFact(Servers = true)]
    public async Task The_console_is_served_without_a_prefix()
    {
        using var bare = await world.Host.Client.GetAsync("/console");
        using var page = await world.Host.Client.GetAsync("/console/");
        using var script = await world.Host.Client.GetAsync("/console/lib/api.js");
        using var nothing = await world.Host.Client.GetAsync("/console/lib/nothing.js");

        Assert.Equal((HttpStatusCode.Found, "console/"), (bare.StatusCode, bare.Headers.Location?.OriginalString));
        Assert.Equal((HttpStatusCode.OK, "text/html"), (page.StatusCode, page.Content.Headers.ContentType?.MediaType));
        Assert.StartsWith("default-src 'self'", string.Join("", page.Headers.GetValues("Content-Security-Policy")), StringComparison.Ordinal);
        Assert.Equal((HttpStatusCode.OK, "text/javascript"), (script.StatusCode, script.Content.Headers.ContentType?.MediaType));
        Assert.Equal(HttpStatusCode.NotFound, nothing.StatusCode);
    }

    [FunctionsFact(Servers = true)]
    public Task What_the_worker_logs_outside_an_invocation_reaches_the_host_by_the_console() =>
        Eventually.TrueAsync(() => world.Host.Worker.LastLines.Contains("Redis AOF persistence enabled", StringComparison.Ordinal));

    [FunctionsFact(Servers = true)]
    public async Task Timers_have_their_schedules_without_a_setting_and_by_one()
    {
        var moved = await world.StartHostAsync(("OUTBOX_SWEEP_SCHEDULE", "30 */2 * * * *"), ("QUOTA_CLEANUP_SCHEDULE", "0 15 3 * * *"));
        var slower = await world.StartHostAsync(("OUTBOX_SWEEP_SCHEDULE", ""), ("OUTBOX_SWEEP_INTERVAL_MINUTES", "5"));

        Assert.Equal(("0 * * * * *", "0 0 * * * *"), Schedules(world.Host));
        Assert.Equal(("30 */2 * * * *", "0 15 3 * * *"), Schedules(moved));
        Assert.Equal(("0 */5 * * * *", "0 0 * * * *"), Schedules(slower));

        static (string?, string?) Schedules(TestFunctionsHost host) => (Schedule(host, "SweepOutbox"), Schedule(host, "CleanUpQuotaLogs"));

        static string? Schedule(TestFunctionsHost host, string name) => host.Functions.Single(function => function.Name == name).Text("schedule");
    }

    [FunctionsFact(Servers = true)]
    public async Task An_early_tick_of_a_sweep_that_is_not_each_minute_is_not_left_out()
    {
        // Minute 0 of no hour: whatever the time is, a tick that checked the minute would do nothing.
        var host = await world.StartHostAsync(("OUTBOX_SWEEP_INTERVAL_MINUTES", "60"));
        var token = await world.CreateTokenAsync();
        await world.ExecuteAsync(token, "return 1");

        await Eventually.TrueAsync(async () =>
        {
            await host.InvokeTimerAsync("SweepOutbox");
            return (await StoredLedger.ReadAsync(world.Sql, token.Id)).Count == 2;
        });
    }

    [FunctionsFact(Servers = true)]
    public async Task A_missing_schema_is_told_by_the_readiness_with_what_to_do()
    {
        var empty = new MySqlFixture();
        await MySqlFixture.ExecuteOnServerAsync($"CREATE DATABASE {empty.Database}");
        try
        {
            var host = await world.StartHostAsync(("MYSQL_CONNECTION", empty.ConnectionString));

            var (status, body) = await world.SendAsync(HttpMethod.Get, "/flow/health", TestApp.AdminToken, host: host);

            Assert.Equal(503, status);
            Assert.Contains("infra/sql/init.sql", body!.Value.GetProperty("data").GetProperty("components").GetProperty("sql").GetProperty("detail").GetString());
        }
        finally
        {
            await MySqlFixture.ExecuteOnServerAsync($"DROP DATABASE {empty.Database}");
        }
    }

    [FunctionsFact(Servers = true)]
    public async Task A_queue_service_without_TLS_is_one_clear_line()
    {
        await using var worker = TestFunctionsHost.StartWorker(new Uri("http://127.0.0.1:1"),
            [.. world.Settings, ("AzureWebJobsStorage", ""), ("AzureWebJobsStorage__queueServiceUri", "http://account.queue.core.windows.net")]);
        await worker.WaitAsync();

        Assert.Equal(1, worker.ExitCode);
        Assert.StartsWith("Setting AzureWebJobsStorage__queueServiceUri is", Assert.Single(worker.LastLines.Split('\n')), StringComparison.Ordinal);
    }

    [FunctionsFact(Servers = true)]
    public async Task Each_endpoint_answers_for_itself()
    {
        foreach (object[] route in FunctionRouteTests.DocumentedApi())
        {
            var (status, body) = await world.AdminAsync(new HttpMethod((string)route[0]), (string)route[1]);

            // The export has lines without an envelope, and none here.
            if ((string)route[1] == "/flow/ledger")
                Assert.Equal(200, status);
            else
                Assert.True(body is not null, $"{route[0]} {route[1]} is a bare {status} {world.Host.LastFailure}.");
            Assert.True(status is not (405 or >= 500), $"{route[0]} {route[1]} answers {status}: {body}");
        }
    }

    [FunctionsFact(Servers = true)]
    public async Task Nothing_that_a_caller_sends_is_bound_to_a_parameter_of_a_function()
    {
        string query = string.Join('&', Names.Select(name => $"{Uri.EscapeDataString(name)}=1"));
        string fields = string.Join(',', Names.Select(name => $"\"{name}\":1"));
        foreach (object[] route in FunctionRouteTests.DocumentedApi())
        {
            var method = new HttpMethod((string)route[0]);
            foreach (string? body in new[] { null, $"{{{fields}}}" })
            {
                var (status, answer) = await world.SendAsync(method, $"{route[1]}?{query}", token: null, method == HttpMethod.Get ? null : body);

                Assert.True(answer is not null, $"{route[0]} {route[1]} is a bare {status} {world.Host.LastFailure}.");
                Assert.True(status < 500, $"{route[0]} {route[1]} answers {status}: {answer}");
            }
        }
    }

    [FunctionsFact(Servers = true)]
    public async Task A_doorbell_brings_quotas_and_records_to_SQL()
    {
        var token = await world.CreateTokenAsync();
        await world.ExecuteAsync(token, "return 1");

        await Eventually.TrueAsync(async () =>
        {
            foreach (var kind in Enum.GetValues<OutboxKind>())
            {
                if (await world.ReceiveAsync(kind) is { } message)
                    await world.Host.InvokeQueueAsync(DoorbellMessage.QueueOf(kind), message);
            }

            return (await StoredLedger.ReadAsync(world.Sql, token.Id)).Count == 2
                && (await StoredLedger.ReadQuotaAsync(world.Sql, token.Id)).Remaining == 9;
        });
        Assert.True((await StoredLedger.ReadWholeAsync(world.Sql, token.Id))[^1].Success);
    }

    [FunctionsFact(Servers = true)]
    public async Task The_sweep_brings_what_no_doorbell_did()
    {
        var token = await world.CreateTokenAsync();
        await world.ExecuteAsync(token, "return 1");

        await Eventually.TrueAsync(async () =>
        {
            await world.Host.InvokeTimerAsync("SweepOutbox");
            return (await StoredLedger.ReadAsync(world.Sql, token.Id)).Count == 2;
        });
    }

    [FunctionsFact(Servers = true)]
    public async Task The_cleanup_runs_by_its_timer()
    {
        await world.Host.InvokeTimerAsync("CleanUpQuotaLogs");

        var (_, stats) = await world.AdminAsync(HttpMethod.Get, "/flow/quota/cleanup/stats");
        Assert.NotNull(stats!.Value.GetProperty("data").GetProperty("last_cleanup_time").GetString());
    }

    [FunctionsFact(Servers = true)]
    public async Task Invariant6_A_caller_who_goes_away_ends_the_run_and_pays()
    {
        var token = await world.CreateTokenAsync();
        using var caller = new CancellationTokenSource();

        var running = world.ExecuteAsync(token, Forever, cancellationToken: caller.Token);
        await AdmittedAsync(token);
        await caller.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
        var last = await LastChangeAsync(token, changes: 2);
        Assert.Equal(("consume", false, "CallerGone"), (last.Action, last.Success, last.ErrorType));
    }

    [FunctionsFact(Servers = true)]
    public async Task Invariant9_A_run_that_the_host_gives_up_is_given_back()
    {
        var token = await world.CreateTokenAsync();

        var running = world.ExecuteAsync(token, Forever);
        await AdmittedAsync(token);
        world.Host.CancelAll();

        var (status, _) = await running;
        Assert.Equal(503, status);
        var last = await LastChangeAsync(token, changes: 3);
        Assert.Equal(("refund", 10), (last.Action, last.After));
    }

    [FunctionsFact(Servers = true)]
    public async Task Invariant6_A_worker_that_is_asked_to_end_finishes_what_runs()
    {
        var token = await world.CreateTokenAsync();
        var host = await world.StartHostAsync();

        var running = world.ExecuteAsync(token, "const end = Date.now() + 1000; while (Date.now() < end) {} return 1", host);
        await AdmittedAsync(token);
        // Also while it starts: it serves before all of its services have started.
        host.Terminate();
        await host.Worker.WaitAsync();

        Assert.Equal(0, host.Worker.ExitCode);
        Assert.Equal(200, (await running).Status);
        var last = await LastChangeAsync(token, changes: 2);
        Assert.Equal(("consume", true), (last.Action, last.Success));
    }

    [FunctionsFact(Servers = true)]
    public async Task Invariant9_A_run_that_the_host_gives_up_as_it_stops_is_given_back()
    {
        var token = await world.CreateTokenAsync();
        var host = await world.StartHostAsync();

        var running = world.ExecuteAsync(token, Forever, host);
        await AdmittedAsync(token);
        host.CancelAll();
        host.Terminate();
        await host.Worker.WaitAsync();

        Assert.Equal(0, host.Worker.ExitCode);
        Assert.Equal(503, (await running).Status);
        var last = await LastChangeAsync(token, changes: 3);
        Assert.Equal(("refund", 10), (last.Action, last.After));
    }

    private Task AdmittedAsync(TestToken token) => Eventually.TrueAsync(async () => (int?)await world.Redis.StringGetAsync($"quota:{token.Id}") == 9);

    private async Task<StoredChange> LastChangeAsync(TestToken token, int changes)
    {
        await Eventually.TrueAsync(async () =>
        {
            await world.Host.InvokeTimerAsync("SweepOutbox");
            var stored = await StoredLedger.ReadAsync(world.Sql, token.Id);
            return stored.Count == changes && stored[1].Success is not null;
        });
        return (await StoredLedger.ReadWholeAsync(world.Sql, token.Id))[^1];
    }
}
