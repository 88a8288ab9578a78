using Dapper;
using FlowQuota.Tests.Apps;
using FlowQuota.Tests.Servers;
using MySqlConnector;
using Xunit;
using Xunit.Abstractions;

namespace FlowQuota.Tests.Crash;

/// <summary>
/// SQL is restored from a backup while calls continue, and Redis is newer. The rows between the two are lost, and nothing
/// else. Nothing is granted twice, also not by later loads from SQL, which knows fewer epochs than Redis. The verification
/// lists the missing rows.
/// </summary>
[Collection(CrashCollection.Name)]
[Trait("Category", "Long")]
public sealed class RestoredSqlTests(CrashWorld world, ITestOutputHelper output) : IAsyncLifetime
{
    private const string Database = "restored";
    private const int SecondsToRecover = 20;
    private const int Granted = 1_000_000;

    private readonly string _folder = Directory.CreateTempSubdirectory("flowquota-restored-").FullName;

    public Task InitializeAsync() => world.RestoreAsync();

    public Task DisposeAsync()
    {
        Directory.Delete(_folder, recursive: true);
        return Task.CompletedTask;
    }

    [ServerFact(Redis = true, MySql = true)]
    public async Task SQL_is_restored_from_a_backup_while_calls_go_on()
    {
        await using var redis = new RedisProcess(Path.Combine(_folder, "redis"));
        await redis.StartAsync();
        await using var failover = await FailoverWorld.StartAsync(world, Database, redis.Address, partitions: 1);
        await using var load = await SteadyLoad.StartAsync(failover);
        output.WriteLine($"FLOWQUOTA_TEST_SEED={load.Seed}");
        await load.GoesOnAsync();
        int answered = load.Calls.Count;
        await HasRecordsAsync(failover, load.Calls.Take(answered));
        string backup = Path.Combine(_folder, "backup.sql");
        await ClientAsync("mariadb-dump", "--single-transaction", $"--result-file={backup}", Database);

        // Epochs that the backup does not know.
        for (int time = 0; time < 2; time++)
            await RestartAsync(redis, failover, load);
        await load.GoesOnAsync(more: 300);
        await RestoreAsync(backup);
        int begun = load.Begun;
        await load.GoesOnAsync();
        await RestartAsync(redis, failover, load);
        await load.GoesOnAsync();

        // Also the calls that waited for the tables: their rows may be in those that were replaced.
        await load.StopAsync();
        List<LoadCall> mayBeLost = [.. load.Calls.Skip(answered).Where(call => load.IsAmong(call, begun))];
        var (lost, mended) = await Books.AssertBalanceAsync(failover, load, lost: LostWrites.OfSql(mayBeLost));
        output.WriteLine($"{lost} of {mayBeLost.Count} calls were lost, {mended} tokens were mended");
        var quota = await failover.Apps[0].AdminAsync(HttpMethod.Get, $"/flow/tokens/{load.Plenty.Id}/quota");
        long taken = load.Calls.Where(call => call.TokenId == load.Plenty.Id && call is { Kind: "consume" or "execute", Status: 200 or 400 }).Sum(call => (long)call.Cost);
        Assert.InRange(quota.Data.GetProperty("remaining_quota").GetInt64(), 0, Granted - taken);
    }

    private static async Task RestartAsync(RedisProcess redis, FailoverWorld failover, SteadyLoad load)
    {
        await redis.KillAsync();
        await redis.StartAsync();
        await failover.ServesAsync(load, load.Plenty, SecondsToRecover);
    }

    /// <summary>Waits until SQL has the rows of answered calls.</summary>
    private static async Task HasRecordsAsync(FailoverWorld failover, IEnumerable<LoadCall> calls)
    {
        var answered = calls.Where(call => call is { Kind: "consume" or "execute", Status: 200 or 400 } or { Kind: "change", Status: 200 })
            .Select(call => call.RequestId).ToHashSet();
        await using var connection = await failover.OpenSqlAsync();
        await Eventually.TrueAsync(async () =>
            answered.IsSubsetOf(await connection.QueryAsync<string>("SELECT request_id FROM token_quota_logs WHERE request_id IS NOT NULL")));
    }

    /// <summary>Loads a backup beside the tables in use, and then swaps its tables in at once.</summary>
    private async Task RestoreAsync(string backup)
    {
        await using var connection = await world.MariaDb.OpenAsync();
        foreach (string other in new[] { $"{Database}_backup", $"{Database}_before" })
            await connection.ExecuteAsync($"DROP DATABASE IF EXISTS {other}; CREATE DATABASE {other}");
        await ClientAsync("mariadb", $"{Database}_backup", "--execute", $"source {backup}");
        var tables = await connection.QueryAsync<string>($"SELECT table_name FROM information_schema.tables WHERE table_schema = '{Database}_backup'");
        await connection.ExecuteAsync($"RENAME TABLE {string.Join(", ", tables.Select(table =>
            $"{Database}.{table} TO {Database}_before.{table}, {Database}_backup.{table} TO {Database}.{table}"))}");
    }

    /// <summary>Runs one of the operators' programs.</summary>
    private async Task ClientAsync(string program, params string[] arguments)
    {
        var account = new MySqlConnectionStringBuilder(world.MariaDb.Connection);
        await OwnProcess.RunAsync(program, ["--no-defaults", "--host=127.0.0.1", $"--port={account.Port}", $"--user={account.UserID}", $"--password={account.Password}", .. arguments]);
    }
}
