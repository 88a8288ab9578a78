using System.Globalization;
using System.Net;
using FlowQuota.Tests.Apps;
using FlowQuota.Tests.Servers;
using StackExchange.Redis;

namespace FlowQuota.Tests.Crash;

/// <summary>A Redis Cluster of three primaries with a replica each, all processes that a test may kill.</summary>
public sealed class RedisCluster : IAsyncDisposable
{
    private const int Servers = 6;

    private readonly string _folder = Directory.CreateTempSubdirectory("flowquota-cluster-").FullName;
    private readonly RedisProcess[] _servers;
    private ConnectionMultiplexer? _connection;

    // A primary that does not answer for this long is taken to be dead.
    private RedisCluster() => _servers =
    [
        .. Enumerable.Range(0, Servers).Select(number => new RedisProcess(
            Path.Combine(_folder, $"redis{number}"), "--cluster-enabled", "yes", "--cluster-node-timeout", "2000",
            "--repl-diskless-sync-delay", "0", "--cluster-port", FreePort.Next().ToString(CultureInfo.InvariantCulture))),
    ];

    /// <summary>All servers, as a StackExchange.Redis configuration.</summary>
    public string Addresses => string.Join(',', _servers.Select(server => server.Address));

    public static async Task<RedisCluster> StartAsync()
    {
        var cluster = new RedisCluster();
        try
        {
            await Task.WhenAll(cluster._servers.Select(server => server.StartAsync()));
            await OwnProcess.RunAsync(Path.Combine(Path.GetDirectoryName(TestServers.RedisServer)!, "redis-cli"),
                ["--cluster", "create", .. cluster._servers.Select(server => server.Address), "--cluster-replicas", "1", "--cluster-yes"]);
            cluster._connection = await ConnectionMultiplexer.ConnectAsync($"{cluster.Addresses},allowAdmin=true,abortConnect=false");
            await cluster.IsWholeAsync();
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    /// <summary>The primary that serves a key, according to the running servers.</summary>
    public async Task<RedisProcess> PrimaryOfAsync(RedisKey key) => Server((await NodesAsync()).GetBySlot(key)!.EndPoint!);

    /// <summary>Any primary but the one given.</summary>
    public async Task<RedisProcess> OtherPrimaryAsync(RedisProcess primary) =>
        (await NodesAsync()).Nodes.Where(node => !node.IsReplica && !node.IsFail).Select(node => Server(node.EndPoint!)).First(server => server != primary);

    /// <summary>Waits until the replica of a primary has all its writes up to now.</summary>
    public async Task ReplicaHasAllAsync(RedisProcess primary)
    {
        var replica = (await NodesAsync())[Point(primary)]!.Children.First(node => !node.IsFail);
        await Server(replica.EndPoint!).HasAllOfAsync(primary);
    }

    /// <summary>Moves the slot of a key to another primary, key by key, as <c>redis-cli --cluster reshard</c> does.</summary>
    /// <param name="key">Any key of the slot.</param>
    /// <param name="to">The other primary.</param>
    /// <param name="halfway">Runs after half of the keys.</param>
    public async Task MoveSlotAsync(RedisKey key, RedisProcess to, Func<Task> halfway)
    {
        int slot = _connection!.HashSlot(key);
        var nodes = await NodesAsync();
        var source = nodes.GetBySlot(slot)!;
        string target = nodes[Point(to)]!.NodeId;
        await AskAsync(Point(to), "SETSLOT", slot, "IMPORTING", source.NodeId);
        await AskAsync(source.EndPoint!, "SETSLOT", slot, "MIGRATING", target);
        int half = ((RedisResult[])(await AskAsync(source.EndPoint!, "GETKEYSINSLOT", slot, 10_000))!).Length / 2;
        for (int moved = 0; (string[]?)await AskAsync(source.EndPoint!, "GETKEYSINSLOT", slot, 1) is [var next]; moved++)
        {
            if (moved == half)
                await halfway();
            await _connection.GetServer(source.EndPoint!).ExecuteAsync("MIGRATE", "127.0.0.1", to.ServerPort, "", 0, 5000, "KEYS", next);
        }

        await AskAsync(Point(to), "SETSLOT", slot, "NODE", target);
        foreach (var node in nodes.Nodes.Where(node => !node.IsReplica && node.NodeId != target))
            await AskAsync(node.EndPoint!, "SETSLOT", slot, "NODE", target);
    }

    /// <summary>Waits until every server runs, knows where each slot is, and each primary has its replica.</summary>
    public async Task IsWholeAsync()
    {
        foreach (var server in _servers)
            await server.StartAsync();
        await Eventually.TrueAsync(async () =>
        {
            foreach (var server in _servers)
            {
                string replication = (string)(await _connection!.GetServer(Point(server)).ExecuteAsync("INFO", "replication"))!;
                string state = (string)(await AskAsync(Point(server), "INFO"))!;
                if (!state.Contains("cluster_state:ok", StringComparison.Ordinal)
                    || !(replication.Contains("connected_slaves:1", StringComparison.Ordinal) || replication.Contains("master_link_status:up", StringComparison.Ordinal)))
                {
                    return false;
                }
            }

            return true;
        });
    }

    public async ValueTask DisposeAsync()
    {
        if (_connection is not null)
            await _connection.DisposeAsync();
        foreach (var server in _servers)
            await server.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private static IPEndPoint Point(RedisProcess server) => new(IPAddress.Loopback, server.ServerPort);

    private RedisProcess Server(EndPoint point) => _servers.Single(server => Point(server).Equals(point));

    private async Task<ClusterConfiguration> NodesAsync() =>
        (await _connection!.GetServer(Point(_servers.First(server => server.IsRunning))).ClusterNodesAsync())!;

    private Task<RedisResult> AskAsync(EndPoint point, params object[] command) => _connection!.GetServer(point).ExecuteAsync("CLUSTER", command);
}
