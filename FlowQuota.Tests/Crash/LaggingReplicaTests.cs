using FlowQuota.Redis;
using FlowQuota.Tests.Servers;
using Xunit;
using Xunit.Abstractions;

namespace FlowQuota.Tests.Crash;

/// <summary>
/// Invariants 1-5, 9 and 15 if the primary dies while its replica lags, and the replica is made the primary. Writes that only
/// the dead primary had are lost with their events; calls that SQL has seen are not granted again.
/// </summary>
[Collection(CrashCollection.Name)]
[Trait("Category", "Long")]
public sealed class LaggingReplicaTests(CrashWorld world, ITestOutputHelper output) : IAsyncLifetime
{
    private const int SecondsToRecover = 20;

    private readonly string _folder = Directory.CreateTempSubdirectory("flowquota-replica-").FullName;

    public Task InitializeAsync() => world.RestoreAsync();

    public Task DisposeAsync()
    {
        Directory.Delete(_folder, recursive: true);
        return Task.CompletedTask;
    }

    [ServerFact(Redis = true, MySql = true)]
    public async Task The_primary_dies_and_a_replica_that_lags_takes_over()
    {
        await using var primary = new RedisProcess(Path.Combine(_folder, "primary"), "--repl-diskless-sync-delay", "0");
        await primary.StartAsync();
        await using var replica = new RedisProcess(Path.Combine(_folder, "replica"), "--replicaof", "127.0.0.1", $"{primary.ServerPort}");
        await replica.StartAsync();
        await using var failover = await FailoverWorld.StartAsync(world, "replica", $"{primary.Address},{replica.Address}", partitions: 1);
        await using var load = await SteadyLoad.StartAsync(failover);
        output.WriteLine($"FLOWQUOTA_TEST_SEED={load.Seed}");
        await load.GoesOnAsync();
        // Redis before version 7 copies scripts to replicas, and so the run id of the primary that is in them.
        string runId = await primary.InfoAsync("server", "run_id") ?? "";
        foreach (string text in new ScriptLibrary(runId).Texts)
            await replica.OperateAsync("SCRIPT", "LOAD", text);

        // The replica loses the connection to its primary, as in a network partition, and keeps its data.
        int answered = load.Calls.Count;
        await replica.HasAllOfAsync(primary);
        await replica.OperateAsync("REPLICAOF", "127.0.0.1", $"{FreePort.Next()}");
        await load.GoesOnAsync(more: 300);
        await primary.KillAsync();
        await load.IsRefusedAsync();
        await replica.OperateAsync("REPLICAOF", "NO", "ONE");
        await failover.ServesAsync(load, load.Plenty, SecondsToRecover);
        List<LoadCall> mayBeLost = [.. load.Calls.Skip(answered)];
        await load.GoesOnAsync();

        var (lost, mended) = await Books.AssertBalanceAsync(failover, load, everyRefusalIsRefunded: true, LostWrites.OfRedis(mayBeLost));
        output.WriteLine($"{lost} of {mayBeLost.Count} calls were lost, {mended} tokens were mended");
    }
}
