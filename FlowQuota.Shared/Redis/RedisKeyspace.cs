using System.Globalization;
using StackExchange.Redis;

namespace FlowQuota.Redis;

/// <summary>Makes every Redis key of FlowQuota; no other code builds one.</summary>
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

        // FNV-1a: the same in every process, unlike string.GetHashCode.
        uint hash = 2166136261;
        foreach (char c in tokenId)
            hash = (hash ^ c) * 16777619;
        return (int)(hash % (uint)Partitions);
    }

    /// <summary>Remaining calls of a token, a plain integer.</summary>
    public RedisKey Quota(string tokenId) => Key("quota", PartitionOf(tokenId), tokenId);

    /// <summary>Terms, ledger position and rate counters of a token, a hash.</summary>
    public RedisKey Token(string tokenId) => Key("token", PartitionOf(tokenId), tokenId);

    /// <summary>An outbox: a hash for <see cref="OutboxKind.Sync"/>, a list for <see cref="OutboxKind.Audit"/>.</summary>
    public RedisKey Outbox(OutboxKind kind, int partition) => _outboxKeys[partition][(int)kind];

    /// <summary>Set while a doorbell is due.</summary>
    public RedisKey Ring(OutboxKind kind, int partition) => _outboxKeys[partition][2 + (int)kind];

    /// <summary>Names the drain that holds the lease.</summary>
    public RedisKey Lease(OutboxKind kind, int partition) => _outboxKeys[partition][4 + (int)kind];

    /// <summary>How many calls were refused, by quarter of an hour, reason and token: a hash.</summary>
    internal RedisKey Refusals(int partition) => Partitions == 1 ? "refusals" : $"refusals:{{{partition}}}";

    /// <summary>Written by health checks.</summary>
    internal RedisKey Probe(int partition) => Partitions == 1 ? "probe" : $"probe:{{{partition}}}";

    /// <summary>The keys of a script that changes a quota, in the order of the prelude.</summary>
    internal RedisKey[] ForChange(string tokenId) =>
        [.. _outboxKeys[PartitionOf(tokenId)].AsSpan(0, 4), Quota(tokenId), Token(tokenId)];

    /// <summary>
    /// The keys of an admission of calls of one partition: for each token also the times of its latest calls,
    /// <c>calls:flow_…</c>, which exist while a rate limit counts them; last, the counts of refusals.
    /// </summary>
    /// <param name="partition">The partition.</param>
    /// <param name="tokenIds">Each token once.</param>
    /// <param name="more">Further keys, of calls that are decided by themselves; null = none.</param>
    internal RedisKey[] ForAdmission(int partition, IReadOnlyCollection<string> tokenIds, IReadOnlyCollection<RedisKey>? more = null)
    {
        var keys = new RedisKey[AdmissionKeys(tokenIds.Count) + (more?.Count ?? 0) + 1];
        Array.Copy(_outboxKeys[partition], keys, 4);
        int next = 4;
        foreach (string tokenId in tokenIds)
        {
            keys[next++] = Key("quota", partition, tokenId);
            keys[next++] = Key("token", partition, tokenId);
            keys[next++] = Key("calls", partition, tokenId);
        }

        foreach (var key in more ?? [])
            keys[next++] = key;
        keys[next] = Refusals(partition);
        return keys;
    }

    /// <summary>How many keys an admission of so many tokens has before <c>more</c>.</summary>
    internal static int AdmissionKeys(int tokens) => 4 + (3 * tokens);

    /// <summary>
    /// The keys of a script that changes a quota once: those of <see cref="ForChange(string)"/>, and the key that remembers the
    /// request, <c>idem:flow_…:hash</c>.
    /// </summary>
    internal RedisKey[] ForChangeOnce(string tokenId, string keyHash) =>
        [.. ForChange(tokenId), Idempotency(tokenId, keyHash)];

    /// <summary>Remembers a request of a token under a key.</summary>
    internal RedisKey Idempotency(string tokenId, string keyHash) => Key("idem", PartitionOf(tokenId), $"{tokenId}:{keyHash}");

    /// <summary>The open holds of a token by their reservations, a hash.</summary>
    internal RedisKey Holds(string tokenId) => Key("holds", PartitionOf(tokenId), tokenId);

    /// <summary>The keys of a script that changes a quota and its holds.</summary>
    internal RedisKey[] ForHolds(string tokenId) => [.. ForChange(tokenId), Holds(tokenId)];

    /// <summary>The keys of a script that ends a hold: also the one that remembers how it ended, <c>hold:flow_…:res_…</c>.</summary>
    internal RedisKey[] ForHold(string tokenId, string reservationId) =>
        [.. ForHolds(tokenId), Key("hold", PartitionOf(tokenId), $"{tokenId}:{reservationId}")];

    /// <summary>The keys of a script that loads or peeks: quota, token, outbox:sync, holds.</summary>
    internal RedisKey[] ForLoad(string tokenId) =>
        [Quota(tokenId), Token(tokenId), Outbox(OutboxKind.Sync, PartitionOf(tokenId)), Holds(tokenId)];

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
