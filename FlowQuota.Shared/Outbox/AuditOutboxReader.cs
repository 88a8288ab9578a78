using FlowQuota.Errors;
using FlowQuota.Ledger;
using FlowQuota.Periods;
using FlowQuota.Redis;

namespace FlowQuota.Outbox;

/// <summary>Reads the audit events that are on the way to SQL.</summary>
public sealed class AuditOutboxReader(RedisServer redis, RedisKeyspace keyspace)
{
    private const int EventsAtOnce = 2000;

    /// <summary>Finds the events of admitted calls that wait.</summary>
    /// <param name="tokenId">The public id.</param>
    /// <param name="requestId">The request.</param>
    /// <param name="window">When the call can have been admitted.</param>
    /// <returns>The calls; those that took nothing are left out.</returns>
    /// <exception cref="StoreUnavailableException">Redis cannot be reached in time.</exception>
    internal async Task<IReadOnlyList<FoundCall>> FindCallsAsync(string tokenId, string requestId, AdmissionWindow window)
    {
        List<FoundCall> found = [];
        await foreach (string text in ReadNewestFirstAsync(keyspace.PartitionOf(tokenId)))
        {
            if (AuditEventFormat.TokenOf(text) is not { } token || AuditEventFormat.TryParse(text) is not { } entry)
                continue;
            long at = UnixTime.Of(entry.CreatedAt);
            // An outcome is appended after its admission and has the same time, so its time does not limit the events before
            // it.
            if (at < window.From && entry.ExecutionSuccess is null)
                break;
            if (token == tokenId && entry.RequestId == requestId && entry is { Action: QuotaAction.Consume, QuotaChange: < 0 }
                && at >= window.From && at <= window.Until)
            {
                found.Add(new FoundCall(entry.Position, entry.CreatedAt));
            }
        }

        return found;
    }

    /// <summary>Finds the events of a request that wait, newest first; a call and its outcome are two events.</summary>
    /// <param name="tokenId">The public id.</param>
    /// <param name="requestId">The request.</param>
    /// <exception cref="StoreUnavailableException">Redis cannot be reached in time.</exception>
    internal async Task<IReadOnlyList<QuotaLogEntry>> FindRequestAsync(string tokenId, string requestId)
    {
        List<QuotaLogEntry> found = [];
        await foreach (string text in ReadNewestFirstAsync(keyspace.PartitionOf(tokenId)))
        {
            if (AuditEventFormat.TokenOf(text) == tokenId && AuditEventFormat.TryParse(text) is { } entry && entry.RequestId == requestId)
                found.Add(entry);
        }

        return found;
    }

    /// <summary>Reads which changes of some tokens wait: one range for each that has any.</summary>
    /// <param name="tokenIds">Their public ids.</param>
    /// <exception cref="StoreUnavailableException">Redis cannot be reached in time.</exception>
    internal async Task<IReadOnlyDictionary<string, WaitingChanges>> ReadAsync(IReadOnlyCollection<string> tokenIds)
    {
        var wanted = tokenIds.ToHashSet(StringComparer.Ordinal);
        var tokens = new Dictionary<string, WaitingChanges>(StringComparer.Ordinal);
        foreach (int partition in tokenIds.Select(keyspace.PartitionOf).Distinct())
        {
            await foreach (string text in ReadNewestFirstAsync(partition))
            {
                if (AuditEventFormat.TokenOf(text) is not { } token || !wanted.Contains(token))
                    continue;
                // Only the token of a damaged event is known, so no change of this token is known to be in SQL.
                var change = AuditEventFormat.TryParse(text) is { } entry
                    ? new WaitingChanges(entry.Position, entry.Position, entry.QuotaAfter)
                    : new WaitingChanges(default, default, null);
                tokens[token] = tokens.TryGetValue(token, out var waiting) ? waiting.With(change) : change;
            }
        }

        return tokens;
    }

    // Places are counted from the end: drains remove at the other end, so no event is skipped. Events appended during the read
    // move the places, so some events are read twice.
    private async IAsyncEnumerable<string> ReadNewestFirstAsync(int partition)
    {
        var outbox = keyspace.Outbox(OutboxKind.Audit, partition);
        for (long end = -1; ; end -= EventsAtOnce)
        {
            var events = await redis.ExecuteAsync(database => database.ListRangeAsync(outbox, end - EventsAtOnce + 1, end));
            for (int i = events.Length - 1; i >= 0; i--)
                yield return (string)events[i]!;
            if (events.Length < EventsAtOnce)
                yield break;
        }
    }
}
