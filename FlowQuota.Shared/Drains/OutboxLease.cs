using FlowQuota.Ledger;
using FlowQuota.Redis;
using StackExchange.Redis;

namespace FlowQuota.Drains;

/// <summary>
/// The right to drain one outbox. One drain at a time has it, over all instances, for as long as it renews it.
/// </summary>
internal sealed class OutboxLease
{
    /// <summary>A lease that was not renewed for this long is free. A batch takes far less.</summary>
    public static readonly TimeSpan Life = TimeSpan.FromSeconds(30);

    private readonly RedisServer _server;
    private readonly ScriptRunner _scripts;
    private readonly RedisKeyspace _keyspace;

    private OutboxLease(RedisServer server, ScriptRunner scripts, RedisKeyspace keyspace, OutboxKind kind, int partition, string owner)
    {
        Owner = owner;
        (_server, _scripts, _keyspace) = (server, scripts, keyspace);
        (Kind, Partition) = (kind, partition);
        Key = keyspace.Lease(kind, partition);
    }

    public OutboxKind Kind { get; }

    public int Partition { get; }

    public RedisKey Key { get; }

    /// <summary>What the drain knows of the audit log. While it has the lease, others write only rows that it will write, too.</summary>
    public NewestPositions Newest { get; } = new();

    /// <summary>Names one drain at a time.</summary>
    public string Owner { get; }

    /// <summary>Takes the lease; null if another drain holds it.</summary>
    /// <param name="server">Redis.</param>
    /// <param name="scripts">Runs scripts.</param>
    /// <param name="keyspace">Names keys.</param>
    /// <param name="kind">Which outbox.</param>
    /// <param name="partition">Which partition.</param>
    /// <param name="owner">
    /// Names the drain: a new name, or that of a drain that ended without knowing whether Redis still has its lease.
    /// </param>
    public static async Task<OutboxLease?> TryTakeAsync(
        RedisServer server, ScriptRunner scripts, RedisKeyspace keyspace, OutboxKind kind, int partition, string owner)
    {
        var lease = new OutboxLease(server, scripts, keyspace, kind, partition, owner);
        var reply = await scripts.RunAsync(RedisScript.TakeLease, partition, [lease.Key], [lease.Owner, (long)Life.TotalMilliseconds]);
        return (string?)reply[0] == "taken" ? lease : null;
    }

    /// <summary>
    /// For a doorbell that met a lease, which may be that of a process that died: how long the lease holds at most, if no other
    /// doorbell has asked within that time; else null.
    /// </summary>
    public static async Task<TimeSpan?> ClaimWaitAsync(
        RedisServer server, ScriptRunner scripts, RedisKeyspace keyspace, OutboxKind kind, int partition)
    {
        var lease = new OutboxLease(server, scripts, keyspace, kind, partition, owner: "");
        // Without a time to live, the lease ended in between and is free.
        var rest = await lease.ExecuteAsync(database => database.KeyTimeToLiveAsync(lease.Key)) ?? TimeSpan.FromMilliseconds(1);
        var claim = lease.Key.Append(":waits");
        return await lease.ExecuteAsync(database => database.StringSetAsync(claim, 1, rest, When.NotExists)) ? rest : null;
    }

    /// <summary>Removes the ring. Done before the outbox is read, so that a change after the read rings again.</summary>
    public Task SilenceRingAsync() => ExecuteAsync(database => database.KeyDeleteAsync(_keyspace.Ring(Kind, Partition)));

    /// <summary>Sets the ring for a doorbell that will be rung again. Returns false if one is due already.</summary>
    public Task<bool> SetRingAsync(TimeSpan life) =>
        ExecuteAsync(database => database.StringSetAsync(_keyspace.Ring(Kind, Partition), 1, life, When.NotExists));

    /// <summary>
    /// Releases the lease if the outbox is empty. False if a change came in between; null if the lease is lost.
    /// </summary>
    public async Task<bool?> TryReleaseDrainedAsync() => await ReleaseAsync("drained") switch
    {
        "released" => true,
        "more" => false,
        _ => null,
    };

    /// <summary>Releases the lease although the outbox may not be empty.</summary>
    public Task ReleaseAnywayAsync() => ReleaseAsync("anyway");

    /// <summary>Runs one of the drain's commands, with a drain's timeout.</summary>
    public Task<T> ExecuteAsync<T>(Func<IDatabase, Task<T>> command) => _server.ExecuteAsync(command);

    private async Task<string> ReleaseAsync(string when)
    {
        var reply = await _scripts.RunAsync(RedisScript.Release, Partition,
            [Key, _keyspace.Ring(Kind, Partition), _keyspace.Outbox(Kind, Partition)], [Owner, when]);
        return (string?)reply[0] ?? "";
    }
}
