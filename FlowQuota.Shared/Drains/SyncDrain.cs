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
    /// <summary>
    /// The longest wait for more values. With the time of two passes over the outbox a change still reaches SQL within 5 s.
    /// </summary>
    internal static readonly TimeSpan LongestGathering = TimeSpan.FromSeconds(3);

    // So a few tokens are written soon, and many are written less often than they are called.
    private static readonly TimeSpan GatheringPerToken = TimeSpan.FromMilliseconds(4);

    // A scan reads this many batches, which are then written in the order of their tokens.
    private const int BatchesPerScan = 10;

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

    internal override TimeSpan GatheringTime(long items) =>
        TimeSpan.FromTicks(Math.Clamp(items * GatheringPerToken.Ticks, CoalescingDelay.Ticks, LongestGathering.Ticks));

    private protected override async Task<DrainedBatch> DrainBatchAsync(OutboxLease lease, string cursor, CancellationToken cancellationToken)
    {
        var (next, values) = await ReadAsync(lease, cursor);
        foreach (string[] tokenIds in values.Keys.Order(StringComparer.Ordinal).Chunk(BatchSize))
        {
            if (!await WriteAsync(lease, tokenIds, values, cancellationToken))
                return new DrainedBatch(0, LeaseLost: true);
        }

        return new DrainedBatch(values.Count, next);
    }

    /// <summary>Writes the values of some tokens to SQL and removes them. Returns false if the lease is lost.</summary>
    private async Task<bool> WriteAsync(
        OutboxLease lease, string[] tokenIds, Dictionary<string, string> values, CancellationToken cancellationToken)
    {
        var snapshots = new List<QuotaSnapshot>(tokenIds.Length);
        foreach (string tokenId in tokenIds)
        {
            if (QuotaSnapshot.Parse(tokenId, values[tokenId]) is { } snapshot)
                snapshots.Add(snapshot);
            else
                LogDamaged(_logger, tokenId, values[tokenId]);
        }

        foreach (var refused in await _store.WriteAsync(snapshots, cancellationToken))
        {
            if (refused.Synced is { } synced && QuotaSnapshot.Parse(refused.TokenId, values[refused.TokenId])!.Position < synced)
                await _staleStates.EvictAsync(refused.TokenId, synced);
        }

        return await RemoveAsync(lease, tokenIds, values);
    }

    private async Task<(string Cursor, Dictionary<string, string> Values)> ReadAsync(OutboxLease lease, string cursor)
    {
        var key = Keyspace.Outbox(OutboxKind.Sync, lease.Partition);
        var reply = (RedisResult[])(await lease.ExecuteAsync(database => database.ExecuteAsync("HSCAN", [key, cursor, "COUNT", BatchesPerScan * BatchSize])))!;
        var fields = (RedisValue[])reply[1]!;
        // A scan may return an item twice; the later value is the newer one.
        var values = new Dictionary<string, string>(fields.Length / 2);
        for (int i = 0; i < fields.Length; i += 2)
            values[(string)fields[i]!] = (string)fields[i + 1]!;
        return ((string)reply[0]!, values);
    }

    private async Task<bool> RemoveAsync(OutboxLease lease, string[] tokenIds, Dictionary<string, string> values)
    {
        RedisKey[] keys = [Keyspace.Outbox(OutboxKind.Sync, lease.Partition), lease.Key, .. tokenIds.Select(Keyspace.Quota)];
        RedisValue[] arguments =
        [
            lease.Owner, (long)OutboxLease.Life.TotalMilliseconds,
            .. tokenIds.Select(tokenId => (RedisValue)tokenId), .. tokenIds.Select(tokenId => (RedisValue)values[tokenId]),
        ];
        var reply = await Scripts.RunAsync(RedisScript.RemoveSync, lease.Partition, keys, arguments, DrainTimeout);
        return (string?)reply[0] == "ok";
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "Dropped a damaged value of {TokenId} from the sync outbox: {Value}")]
    private static partial void LogDamaged(ILogger logger, string tokenId, string value);
}
