using FlowQuota.Ledger;
using FlowQuota.Outbox;
using FlowQuota.Redis;
using FlowQuota.Telemetry;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace FlowQuota.Drains;

/// <summary>
/// Writes the latest quota of each changed token to <c>access_tokens</c>. One write replaces all changes in between.
/// </summary>
public sealed partial class SyncDrain : OutboxDrain
{
    private readonly IQuotaStore _store;
    private readonly StaleStateEviction _staleStates;
    private readonly ILogger<SyncDrain> _logger;

    /// <summary>Makes the drain of the sync outbox.</summary>
    public SyncDrain(RedisServer server, ScriptRunner scripts, RedisKeyspace keyspace, IQuotaStore store, StaleStateEviction staleStates,
        DoorbellSender doorbells, OutboxSettings settings, FlowQuotaMetrics metrics, TimeProvider time, ILogger<SyncDrain> logger)
        : base(OutboxKind.Sync, server, scripts, keyspace, doorbells, settings, metrics, time, logger)
    {
        (_store, _staleStates, _logger) = (store, staleStates, logger);
    }

    private protected override async Task<DrainedBatch> DrainBatchAsync(OutboxLease lease, string cursor, CancellationToken cancellationToken)
    {
        var (next, values) = await ReadAsync(lease, cursor);
        if (values.Count == 0)
            return new DrainedBatch(0, next);

        var snapshots = new List<QuotaSnapshot>(values.Count);
        foreach (var (tokenId, value) in values)
        {
            if (QuotaSnapshot.Parse(tokenId, value) is { } snapshot)
                snapshots.Add(snapshot);
            else
                LogDamaged(_logger, tokenId, value);
        }

        foreach (var refused in await _store.WriteAsync(snapshots, cancellationToken))
        {
            if (refused.Synced is { } synced && QuotaSnapshot.Parse(refused.TokenId, values[refused.TokenId])!.Position < synced)
                await _staleStates.EvictAsync(refused.TokenId, synced);
        }

        return await RemoveAsync(lease, values) ? new DrainedBatch(values.Count, next) : new DrainedBatch(0, LeaseLost: true);
    }

    private async Task<(string Cursor, Dictionary<string, string> Values)> ReadAsync(OutboxLease lease, string cursor)
    {
        var key = Keyspace.Outbox(OutboxKind.Sync, lease.Partition);
        var reply = (RedisResult[])(await lease.ExecuteAsync(database => database.ExecuteAsync("HSCAN", [key, cursor, "COUNT", BatchSize])))!;
        var fields = (RedisValue[])reply[1]!;
        // A scan may return an item twice; the later value is the newer one.
        var values = new Dictionary<string, string>(fields.Length / 2);
        for (int i = 0; i < fields.Length; i += 2)
            values[(string)fields[i]!] = (string)fields[i + 1]!;
        return ((string)reply[0]!, values);
    }

    private async Task<bool> RemoveAsync(OutboxLease lease, Dictionary<string, string> values)
    {
        var keys = new List<RedisKey>((2 * values.Count) + 2) { Keyspace.Outbox(OutboxKind.Sync, lease.Partition), lease.Key };
        var arguments = new List<RedisValue>((2 * values.Count) + 2) { lease.Owner, (long)OutboxLease.Life.TotalMilliseconds };
        foreach (var (tokenId, value) in values)
        {
            keys.AddRange([Keyspace.Quota(tokenId), Keyspace.Token(tokenId)]);
            arguments.AddRange([tokenId, value]);
        }

        var reply = await Scripts.RunAsync(RedisScript.RemoveSync, lease.Partition, [.. keys], [.. arguments], DrainTimeout);
        return (string?)reply[0] == "ok";
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "Dropped a damaged value of {TokenId} from the sync outbox: {Value}")]
    private static partial void LogDamaged(ILogger logger, string tokenId, string value);
}
