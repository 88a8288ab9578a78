using System.Globalization;
using FlowQuota.Outbox;
using StackExchange.Redis;

namespace FlowQuota.Storage.Redis;

/// <summary>Makes every key that FlowQuota has in Redis; nothing else spells one out.</summary>
/// <param name="partitions">
/// 1 = plain keys, <c>quota:flow_…</c>; more = a hash tag in every key, <c>quota:{3}:flow_…</c>, so that all keys of one
/// admission share a slot of a Redis Cluster.
/// </param>
public sealed class RedisKeyspace(int partitions)
{
    private readonly RedisKey[][] _outboxKeys =
        [.. Enumerable.Range(0, partitions).Select(partition => OutboxKeys(partitions, partition))];

    /// <summary>How many partitions there are; they are numbered from 0.</summary>
    public int Partitions { get; } = partitions;

    /// <summary>The partition of a token: the same in every process and version.</summary>
    public int PartitionOf(string tokenId)
    {
        if (Partitions == 1)
            return 0;

        // FNV-1a: stable over processes, which string.GetHashCode is not.
        uint hash = 2166136261;
        foreach (char c in tokenId)
            hash = (hash ^ c) * 16777619;
        return (int)(hash % (uint)Partitions);
    }

    /// <summary>Remaining calls of a token, a plain integer.</summary>
    public RedisKey Quota(string tokenId) => Key("quota", PartitionOf(tokenId), tokenId);

    /// <summary>Terms, ledger position and rate counters of a token, a hash.</summary>
    public RedisKey Token(string tokenId) => Key("token", PartitionOf(tokenId), tokenId);

    /// <summary>What waits for SQL: a hash for <see cref="OutboxKind.Sync"/>, a list for <see cref="OutboxKind.Audit"/>.</summary>
    public RedisKey Outbox(OutboxKind kind, int partition) => _outboxKeys[partition][(int)kind];

    /// <summary>Set while a doorbell is due.</summary>
    public RedisKey Ring(OutboxKind kind, int partition) => _outboxKeys[partition][2 + (int)kind];

    /// <summary>Names the drain at work.</summary>
    public RedisKey Lease(OutboxKind kind, int partition) => _outboxKeys[partition][4 + (int)kind];

    /// <summary>The keys of a script that changes a quota, in the order that the prelude tells.</summary>
    internal RedisKey[] ForChange(string tokenId) => ForChange(PartitionOf(tokenId), [tokenId]);

    /// <summary>The keys of a script that changes quotas of one partition, in the order that the prelude tells.</summary>
    internal RedisKey[] ForChange(int partition, IReadOnlyCollection<string> tokenIds)
    {
        var keys = new RedisKey[4 + (2 * tokenIds.Count)];
        Array.Copy(_outboxKeys[partition], keys, 4);
        int next = 4;
        foreach (string tokenId in tokenIds)
        {
            keys[next++] = Key("quota", partition, tokenId);
            keys[next++] = Key("token", partition, tokenId);
        }

        return keys;
    }

    /// <summary>
    /// The keys of a script that changes a quota once: those of <see cref="ForChange(string)"/>, and what remembers the request,
    /// <c>idem:flow_…:hash</c>.
    /// </summary>
    internal RedisKey[] ForChangeOnce(string tokenId, string keyHash)
    {
        int partition = PartitionOf(tokenId);
        return [.. ForChange(partition, [tokenId]), Key("idem", partition, $"{tokenId}:{keyHash}")];
    }

    /// <summary>The keys of a script that loads or looks: quota, token, outbox:sync.</summary>
    internal RedisKey[] ForLoad(string tokenId) => [Quota(tokenId), Token(tokenId), Outbox(OutboxKind.Sync, PartitionOf(tokenId))];

    private RedisKey Key(string name, int partition, string tokenId) =>
        Partitions == 1 ? $"{name}:{tokenId}" : $"{name}:{{{partition}}}:{tokenId}";

    private static RedisKey[] OutboxKeys(int partitions, int partition)
    {
        string tag = partitions == 1 ? "" : string.Create(CultureInfo.InvariantCulture, $"{{{partition}}}:");
        return
        [
            $"outbox:{tag}sync", $"outbox:{tag}audit",
            $"ring:{tag}sync", $"ring:{tag}audit",
            $"lease:{tag}sync", $"lease:{tag}audit",
        ];
    }
}
