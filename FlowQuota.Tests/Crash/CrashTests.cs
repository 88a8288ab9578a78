using Dapper;
using FlowQuota.Tests.Apps;
using FlowQuota.Tests.Execution;
using FlowQuota.Tests.Servers;
using MySqlConnector;
using Xunit;
using Xunit.Abstractions;

namespace FlowQuota.Tests.Crash;

/// <summary>
/// Invariant 5, crashes cost nothing: whichever part is killed, absent or frozen under load, afterwards the ledger balances,
/// nothing was admitted beyond the granted quota, and every call that was answered has its row.
/// </summary>
[Collection(CrashCollection.Name)]
public sealed class CrashTests(CrashWorld world, ITestOutputHelper output) : IAsyncLifetime
{
    // How often all workers are killed.
    private static readonly int WorkerKills = Rounds.Of(few: 3, many: 50);

    private SteadyLoad? _load;

    private SteadyLoad Load => _load!;

    public async Task InitializeAsync()
    {
        await world.RestoreAsync();
        _load = await SteadyLoad.StartAsync(world);
        output.WriteLine($"To draw the same calls again: FLOWQUOTA_TEST_SEED={Load.Seed}");
        await Load.GoesOnAsync();
    }

    public async Task DisposeAsync()
    {
        if (_load is not null)
            await _load.DisposeAsync();
        output.WriteLine(string.Join('\n', Load.Calls.GroupBy(call => (call.Kind, call.Status)).OrderBy(group => group.Key)
            .Select(group => $"{group.Key.Kind} {group.Key.Status?.ToString() ?? "no answer"}: {group.Count()}")));
    }

    [ServerFact(Redis = true, MySql = true, Azurite = true)]
    public async Task An_instance_is_killed_and_none_of_its_workers_stays()
    {
        var endless = Load.CallAsync(world.Apps[1], Load.Plenty, "for (;;);");
        await Load.GoesOnAsync(20);
        var workers = SandboxProcesses.WorkersOf(world.Apps[1].Process.Id);
        Assert.NotEmpty(workers);

        await world.Apps[1].KillAsync();
        Assert.Null(await endless);
        await Eventually.TrueAsync(() => !workers.Any(SandboxProcesses.IsWorker), seconds: 5);
        await Load.GoesOnAsync();
        await world.Apps[1].StartAsync();
        await Load.GoesOnAsync();
        await Books.AssertBalanceAsync(world, Load);
    }

    [ServerFact(Redis = true, MySql = true, Azurite = true)]
    public async Task Invariant13_all_workers_are_killed_again_and_again()
    {
        for (int time = 0; time < WorkerKills; time++)
        {
            foreach (int worker in world.Apps.SelectMany(app => SandboxProcesses.WorkersOf(app.Process.Id)))
                SandboxProcesses.Kill(worker);
            await Load.GoesOnAsync(more: 10);
        }

        await Books.AssertBalanceAsync(world, Load);
        var executes = Load.Calls.Where(call => call is { Kind: "execute", Status: not (401 or 429) }).ToList();
        Assert.DoesNotContain(executes, call => call.Status is not (200 or 400));
        await using var connection = await world.MariaDb.OpenAsync();
        var succeeded = (await connection.QueryAsync<(string Request, bool? Success)>(
            "SELECT request_id, execution_success FROM token_quota_logs WHERE action = 'consume'")).ToDictionary(row => row.Request, row => row.Success);
        Assert.All(executes, call => Assert.Equal(call.Status == 200, succeeded[call.RequestId]));
    }

    [ServerFact(Redis = true, MySql = true, Azurite = true)]
    public async Task Redis_is_killed_and_restarted()
    {
        for (int time = 0; time < Rounds.Of(few: 1, many: 10); time++)
        {
            await world.Redis.KillAsync();
            await Load.IsRefusedAsync();
            await world.Redis.StartAsync();
            await Load.GoesOnAsync();
        }

        await Books.AssertBalanceAsync(world, Load);
    }

    [ServerFact(Redis = true, MySql = true, Azurite = true)]
    public async Task MariaDB_is_killed_and_away_for_a_while_and_calls_go_on()
    {
        await world.MariaDb.KillAsync();
        var back = Task.Delay(TimeSpan.FromSeconds(Rounds.Of(few: 4, many: 60)));
        await Load.GoesOnAsync(more: 300);
        await back;
        await world.MariaDb.StartAsync();
        await Load.GoesOnAsync();
        await Books.AssertBalanceAsync(world, Load);
    }

    [ServerFact(Redis = true, MySql = true, Azurite = true)]
    public async Task The_queues_are_away_for_a_while_and_calls_go_on()
    {
        await world.Azurite.KillAsync();
        var back = Task.Delay(TimeSpan.FromSeconds(Rounds.Of(few: 4, many: 60)));
        await Load.GoesOnAsync(more: 300);
        await back;
        await world.Azurite.StartAsync();
        await Load.GoesOnAsync();
        await Books.AssertBalanceAsync(world, Load);
    }

    [ServerFact(Redis = true, MySql = true, Azurite = true)]
    public async Task An_instance_is_told_to_stop_with_calls_in_flight_and_leaves_no_outcome_unsaid()
    {
        var inFlight = Enumerable.Range(0, 4)
            .Select(_ => Load.CallAsync(world.Apps[1], Load.Plenty, "const end = Date.now() + 1500; while (Date.now() < end) { } return 'done'"))
            .ToList();
        await Load.GoesOnAsync(20);
        await world.Apps[1].Process.SignalAsync("TERM");
        var answers = await Task.WhenAll(inFlight);
        await world.Apps[1].Process.WaitAsync().WaitAsync(TimeSpan.FromSeconds(30));
        Assert.Equal(0, world.Apps[1].Process.ExitCode);
        Assert.All(answers, answer => Assert.True(answer is { Status: 200 or 503 }, $"{answer?.Body}"));

        await world.Apps[1].StartAsync();
        await Load.GoesOnAsync();
        await Books.AssertBalanceAsync(world, Load);
        await using var connection = await world.MariaDb.OpenAsync();
        var saidNothing = (await connection.QueryAsync<string>(
            "SELECT request_id FROM token_quota_logs WHERE action = 'consume' AND execution_success IS NULL")).ToHashSet();
        Assert.DoesNotContain(Load.Calls, call => call is { Kind: "execute", Status: 200 or 400 } && saidNothing.Contains(call.RequestId));
    }

    [ServerFact(Redis = true, MySql = true, Azurite = true)]
    public async Task Both_instances_drain_at_once_because_leases_run_out_under_them()
    {
        using var stop = new CancellationTokenSource();
        var thief = Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
            {
                await world.Database.KeyDeleteAsync(["lease:sync", "lease:audit", "ring:sync", "ring:audit"]);
                await Task.Delay(20, CancellationToken.None);
            }
        });
        await Load.GoesOnAsync(more: Rounds.Of(few: 500, many: 5000));
        await stop.CancelAsync();
        await thief;
        await Books.AssertBalanceAsync(world, Load);
    }

    [ServerFact(Redis = true, MySql = true, Azurite = true)]
    public async Task A_drain_is_frozen_in_the_middle_of_its_write_for_longer_than_its_lease_while_the_other_drains()
    {
        // Two time-outs are forced at once: the lease is removed as if its 30 s were over, and
        // MariaDB ends the frozen transaction as if its client had been idle for too long.
        await Load.StopAsync();
        await Eventually.TrueAsync(async () => await world.WaitingAsync() == 0 && !await world.Database.KeyExistsAsync("lease:audit"), seconds: 90);
        await world.Apps[1].Process.SignalAsync("STOP");
        await using (var locks = await world.MariaDb.OpenAsync())
        {
            await locks.ExecuteAsync("LOCK TABLES token_quota_logs WRITE, access_tokens WRITE");
            for (int i = 0; i < 20; i++)
                Assert.Equal(200, (await Load.CallAsync(world.Apps[0], Load.Plenty))?.Status);
            await Eventually.TrueAsync(async () => await world.Database.KeyExistsAsync("lease:audit") && await world.Database.KeyExistsAsync("lease:sync"));
            await world.Apps[0].Process.SignalAsync("STOP");
        }

        await EndTransactionsAsync();
        await world.Database.KeyDeleteAsync(["lease:sync", "lease:audit"]);
        await world.Apps[1].Process.SignalAsync("CONT");
        for (int i = 0; i < 20; i++)
            Assert.Equal(200, (await Load.CallAsync(world.Apps[1], Load.Plenty))?.Status);
        await Eventually.TrueAsync(async () => await world.WaitingAsync() == 0, seconds: 90);

        await world.Apps[0].Process.SignalAsync("CONT");
        for (int i = 0; i < 20; i++)
            Assert.Equal(200, (await Load.CallAsync(world.Apps[0], Load.Plenty))?.Status);
        await Books.AssertBalanceAsync(world, Load);
    }

    // Quotas.FenceTests freezes it for as long in every run.
    [Trait("Category", "Long")]
    [ServerFact(Redis = true, MySql = true, Azurite = true)]
    public async Task Redis_is_frozen_for_14_seconds_and_no_refused_call_stays_charged()
    {
        await WhileFrozenAsync(world.Redis.Process, TimeSpan.FromSeconds(14));
        await Load.GoesOnAsync();
        await Books.AssertBalanceAsync(world, Load, everyRefusalIsRefunded: true);
    }

    [ServerFact(Redis = true, MySql = true, Azurite = true)]
    public async Task MariaDB_is_frozen_for_6_seconds()
    {
        await WhileFrozenAsync(world.MariaDb.Process, TimeSpan.FromSeconds(6));
        await Load.GoesOnAsync();
        await Books.AssertBalanceAsync(world, Load, everyRefusalIsRefunded: true);
    }

    [ServerFact(Redis = true, MySql = true, Azurite = true)]
    public async Task MariaDB_is_read_only_for_a_while_and_nothing_is_set_aside()
    {
        await world.MariaDb.OperateAsync("SET GLOBAL read_only = 1");
        try
        {
            await Load.GoesOnAsync(more: 300);
            Assert.Equal(503, (await world.Apps[0].TryAdminAsync(HttpMethod.Put, $"/flow/tokens/{Load.Plenty.Id}", new { is_active = true }))?.Status);
        }
        finally
        {
            await world.MariaDb.OperateAsync("SET GLOBAL read_only = 0");
        }

        await Load.GoesOnAsync();
        await Books.AssertBalanceAsync(world, Load, everyRefusalIsRefunded: true);
        await AssertNothingSetAsideAsync();
    }

    [ServerFact(Redis = true, MySql = true, Azurite = true)]
    public async Task Others_lock_the_tables_in_every_order_and_make_deadlocks()
    {
        using var stop = new CancellationTokenSource();
        var storm = Task.WhenAll(Enumerable.Range(0, 2).Select(part => Task.Run(() => LockAsync(isForward: part == 0, stop.Token))));
        await Load.GoesOnAsync(more: Rounds.Of(few: 400, many: 4000));
        await stop.CancelAsync();
        await storm;
        await Books.AssertBalanceAsync(world, Load, everyRefusalIsRefunded: true);
        await AssertNothingSetAsideAsync();
    }

    /// <summary>Locks the rows of both tables, in an order that the drains do not keep, until it is stopped.</summary>
    private async Task LockAsync(bool isForward, CancellationToken stop)
    {
        string[] statements =
        [
            "SELECT id FROM access_tokens ORDER BY id DESC FOR UPDATE",
            "SELECT id FROM token_quota_logs ORDER BY id DESC LIMIT 200 FOR UPDATE",
        ];
        await using var connection = await world.MariaDb.OpenAsync();
        while (!stop.IsCancellationRequested)
        {
            await using var transaction = await connection.BeginTransactionAsync(CancellationToken.None);
            try
            {
                foreach (string statement in isForward ? statements : [.. statements.Reverse()])
                {
                    await connection.QueryAsync<long>(statement, transaction: transaction);
                    await Task.Delay(20, CancellationToken.None);
                }

                await transaction.RollbackAsync(CancellationToken.None);
            }
            catch (MySqlException e) when (e.ErrorCode is MySqlErrorCode.LockDeadlock or MySqlErrorCode.LockWaitTimeout)
            {
                // The deadlock victim was this side.
            }

            await Task.Delay(5, CancellationToken.None);
        }
    }

    private async Task AssertNothingSetAsideAsync()
    {
        await using var connection = await world.MariaDb.OpenAsync();
        Assert.Equal(0, await connection.ExecuteScalarAsync<long>("SELECT COUNT(*) FROM quota_dead_letters"));
    }

    private static async Task WhileFrozenAsync(OwnProcess server, TimeSpan time)
    {
        await server.SignalAsync("STOP");
        try
        {
            await Task.Delay(time);
        }
        finally
        {
            await server.SignalAsync("CONT");
        }
    }

    private async Task EndTransactionsAsync()
    {
        await using var connection = await world.MariaDb.OpenAsync();
        foreach (long client in await connection.QueryAsync<long>("SELECT trx_mysql_thread_id FROM information_schema.innodb_trx"))
            await connection.ExecuteAsync($"KILL {client}");
    }
}
