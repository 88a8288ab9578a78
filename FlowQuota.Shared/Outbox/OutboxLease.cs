using FlowQuota.Storage;
using FlowQuota.Storage.Redis;
using StackExchange.Redis;

namespace FlowQuota.Outbox;

/// <summary>The right to drain one outbox: one drain at a time over all instances, for as long as it keeps renewing.</summary>
internal sealed class OutboxLease
{
    /// <summary>Not renewed for this long, the lease is free; a batch takes far less.</summary>
    public static readonly TimeSpan Life = TimeSpan.FromSeconds(30);

    private readonly RedisServer _server;
    private readonly ScriptRunner _scripts;
    private readonly RedisKeyspace _keyspace;

    private OutboxLease(RedisServer server, ScriptRunner scripts, RedisKeyspace keyspace, OutboxKind kind, int partition)
    {
        (_server, _scripts, _keyspace) = (server, scripts, keyspace);
        (Kind, Partition) = (kind, partition);
        Key = keyspace.Lease(kind, partition);
    }

    public OutboxKind Kind { get; }

    public int Partition { get; }

    public RedisKey Key { get; }

    /// <summary>Names this drain, and no other.</summary>
    public string Owner { get; } = Guid.NewGuid().ToString("N");

    /// <summary>Takes the lease; null where another drain holds it.</summary>
    public static async Task<OutboxLease?> TryTakeAsync(
        RedisServer server, ScriptRunner scripts, RedisKeyspace keyspace, OutboxKind kind, int partition)
    {
        var lease = new OutboxLease(server, scripts, keyspace, kind, partition);
        var reply = await scripts.RunAsync(RedisScript.TakeLease, partition, [lease.Key], [lease.Owner, (long)Life.TotalMilliseconds]);
        return (string?)reply[0] == "taken" ? lease : null;
    }

    /// <summary>
    /// For a doorbell that met a lease, which may be that of a process that died: how long the lease holds at most, if no other
    /// doorbell has asked before within that time; else null.
    /// </summary>
    public static async Task<TimeSpan?> ClaimWaitAsync(
        RedisServer server, ScriptRunner scripts, RedisKeyspace keyspace, OutboxKind kind, int partition)
    {
        var lease = new OutboxLease(server, scripts, keyspace, kind, partition);
        // A lease that ended in between is free now.
        var rest = await lease.AskAsync(database => database.KeyTimeToLiveAsync(lease.Key)) ?? TimeSpan.FromMilliseconds(1);
        var claim = lease.Key.Append(":waits");
        return await lease.AskAsync(database => database.StringSetAsync(claim, 1, rest, When.NotExists)) ? rest : null;
    }

    /// <summary>
    /// Silences the ring. Done before the outbox is read, so that a change that comes after the reading rings again.
    /// </summary>
    public Task SilenceRingAsync() => AskAsync(database => database.KeyDeleteAsync(_keyspace.Ring(Kind, Partition)));

    /// <summary>Sets the ring for a doorbell that is about to be rung again; false where one is due already.</summary>
    public Task<bool> SetRingAsync(TimeSpan life) =>
        AskAsync(database => database.StringSetAsync(_keyspace.Ring(Kind, Partition), 1, life, When.NotExists));

    /// <summary>Gives the lease back if the outbox is empty. False where something came meanwhile; null where the lease is lost.</summary>
    public async Task<bool?> TryReleaseDrainedAsync() => await ReleaseAsync("drained") switch
    {
        "released" => true,
        "more" => false,
        _ => null,
    };

    /// <summary>Gives the lease back although something may wait.</summary>
    public Task ReleaseAnywayAsync() => ReleaseAsync("anyway");

    /// <summary>Runs one of the drain's commands, with a drain's patience.</summary>
    public async Task<T> AskAsync<T>(Func<IDatabase, Task<T>> command)
    {
        try
        {
            return await _server.RunAsync(command);
        }
        catch (Exception e) when (RedisServer.IsUnavailable(e))
        {
            throw new StoreUnavailableException("Redis", e);
        }
    }

    private async Task<string> ReleaseAsync(string when)
    {
        var reply = await _scripts.RunAsync(RedisScript.Release, Partition,
            [Key, _keyspace.Ring(Kind, Partition), _keyspace.Outbox(Kind, Partition)], [Owner, when]);
        return (string?)reply[0] ?? "";
    }
}
