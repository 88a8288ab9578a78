using FlowQuota.Auditing;
using FlowQuota.Storage;
using FlowQuota.Storage.Redis;

namespace FlowQuota.Outbox;

/// <summary>Tells which tokens have audit events on the way to SQL.</summary>
public sealed class PendingAudit(RedisServer redis, RedisKeyspace keyspace)
{
    // What is read at once, of each partition; above it nobody is told to have nothing pending.
    private const int MostEvents = 20_000;

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
