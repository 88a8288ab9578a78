using FlowQuota.Errors;
using FlowQuota.Ledger;
using FlowQuota.Redis;

namespace FlowQuota.Usage;

/// <summary>Finds up to when SQL has every row, by what waits in Redis.</summary>
/// <param name="redis">The server.</param>
/// <param name="keyspace">The audit outboxes.</param>
/// <param name="settings">How long a row may take that does not go through Redis.</param>
/// <param name="time">The clock of this instance.</param>
public sealed class LedgerProgress(RedisServer redis, RedisKeyspace keyspace, UsageSettings settings, TimeProvider time)
{
    /// <summary>Finds an instant before which every row is in SQL when this returns. What is read from SQL must be read after that.</summary>
    /// <returns>UTC; null if it is not known, because the oldest event that waits is damaged.</returns>
    /// <exception cref="StoreUnavailableException">Redis cannot be reached.</exception>
    public async Task<DateTime?> FindCompleteUntilAsync()
    {
        var complete = time.GetUtcNow().UtcDateTime - settings.Grace;
        try
        {
            for (int partition = 0; partition < keyspace.Partitions; partition++)
            {
                var outbox = keyspace.Outbox(OutboxKind.Audit, partition);
                // The clock first: what is appended after this has this time or a later one.
                var now = await (await redis.ServerOfAsync(outbox)).TimeAsync();
                string? oldest = await redis.ExecuteAsync(database => database.ListGetByIndexAsync(outbox, 0));
                if (oldest is not null && AuditEventFormat.TryParse(oldest) is null)
                    return null;
                // Events wait in the order of their times, but for outcomes, which have the time of an admission before them.
                var waiting = oldest is null ? now : AuditEventFormat.Parse(oldest).CreatedAt;
                complete = new DateTime(Math.Min(complete.Ticks, Math.Min(waiting.Ticks, (now - settings.Grace).Ticks)), DateTimeKind.Utc);
            }
        }
        catch (Exception e) when (RedisServer.IsUnavailable(e))
        {
            throw RedisServer.Unavailable(e);
        }

        return complete;
    }
}
