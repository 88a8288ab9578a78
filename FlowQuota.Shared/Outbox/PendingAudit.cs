using FlowQuota.Auditing;
using FlowQuota.Quotas;
using FlowQuota.Storage;
using FlowQuota.Storage.Redis;

namespace FlowQuota.Outbox;

/// <summary>Tells which tokens have audit events on the way to SQL.</summary>
public sealed class PendingAudit(RedisServer redis, RedisKeyspace keyspace)
{
    // What is read at once, of each partition; above it nobody is told to have nothing pending.
    private const int MostEvents = 20_000;
    private const int EventsAtOnce = 2000;

    /// <summary>Finds the events of admitted calls that wait.</summary>
    /// <param name="tokenId">The public id.</param>
    /// <param name="requestId">The request.</param>
    /// <param name="window">When they can have been admitted.</param>
    /// <returns>Their positions; those of calls that took nothing are left out.</returns>
    /// <exception cref="StoreUnavailableException">Redis cannot be reached in time.</exception>
    internal async Task<IReadOnlyList<LedgerPosition>> FindCallsAsync(string tokenId, string requestId, AdmissionWindow window)
    {
        var outbox = keyspace.Outbox(OutboxKind.Audit, keyspace.PartitionOf(tokenId));
        List<LedgerPosition> found = [];
        try
        {
            // From the newest on, by places counted from the end: drains remove at the other end, so none is passed over.
            for (long end = -1; ; end -= EventsAtOnce)
            {
                var events = await redis.Database.ListRangeAsync(outbox, end - EventsAtOnce + 1, end);
                long oldest = long.MaxValue;
                foreach (string? text in events)
                {
                    if (AuditEventFormat.TokenOf(text!) is not { } token || AuditEventFormat.TryParse(text!) is not { } entry)
                        continue;
                    long at = new DateTimeOffset(entry.CreatedAt).ToUnixTimeMilliseconds();
                    oldest = Math.Min(oldest, at);
                    if (token == tokenId && entry.RequestId == requestId && entry is { Action: QuotaAction.Consume, QuotaChange: < 0 }
                        && at >= window.From && at <= window.Until)
                    {
                        found.Add(entry.Position);
                    }
                }

                if (events.Length < EventsAtOnce || oldest < window.From)
                    return found;
            }
        }
        catch (Exception e) when (RedisServer.IsUnavailable(e))
        {
            throw new StoreUnavailableException("Redis", e);
        }
    }

    /// <summary>The public ids of all tokens with events that wait; null where too many wait to tell.</summary>
    /// <exception cref="StoreUnavailableException">Redis cannot be reached in time.</exception>
    public async Task<IReadOnlySet<string>?> ReadAsync()
    {
        try
        {
            var tokens = new HashSet<string>(StringComparer.Ordinal);
            for (int partition = 0; partition < keyspace.Partitions; partition++)
            {
                var events = await redis.Database.ListRangeAsync(keyspace.Outbox(OutboxKind.Audit, partition), 0, MostEvents);
                if (events.Length > MostEvents)
                    return null;
                foreach (var text in events)
                {
                    if (AuditEventFormat.TokenOf((string)text!) is { } token)
                        tokens.Add(token);
                }
            }

            return tokens;
        }
        catch (Exception e) when (RedisServer.IsUnavailable(e))
        {
            throw new StoreUnavailableException("Redis", e);
        }
    }
}
