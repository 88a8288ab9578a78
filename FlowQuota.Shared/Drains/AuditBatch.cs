using FlowQuota.Ledger;
using StackExchange.Redis;

namespace FlowQuota.Drains;

/// <summary>Events from the head of the outbox, read for one write.</summary>
/// <param name="Events">How many events it has, damaged ones included.</param>
/// <param name="Entries">The changes and outcomes in them.</param>
/// <param name="Damaged">Events that cannot be read, as they were found, with the reason.</param>
internal sealed record AuditBatch(int Events, IReadOnlyList<QuotaLogEntry> Entries, IReadOnlyList<(string Event, string Reason)> Damaged)
{
    /// <summary>Reads events.</summary>
    /// <param name="events">From the head of the outbox.</param>
    /// <param name="texts">Cache of the strings that many events share.</param>
    /// <param name="mostRows">
    /// How many rows SQL writes at once. If the events make a few rows more than that, those are left for the next read,
    /// because a transaction of a few rows costs as much as one of hundreds. Null = read them all.
    /// </param>
    public static AuditBatch Read(RedisValue[] events, Utf8StringCache texts, int? mostRows)
    {
        List<QuotaLogEntry> entries = new(events.Length);
        List<(string, string)> damaged = [];
        HashSet<(string, LedgerPosition)> rows = mostRows is null ? [] : new(events.Length);
        AuditBatch? whole = null;
        for (int i = 0; i < events.Length; i++)
        {
            try
            {
                var entry = AuditEventFormat.Parse(((ReadOnlyMemory<byte>)events[i]).Span, texts);
                if (mostRows is { } most && rows.Add((entry.TokenId, entry.Position)) && rows.Count == most + 1)
                    whole = new AuditBatch(i, [.. entries], [.. damaged]);
                entries.Add(entry);
            }
            catch (FormatException e)
            {
                damaged.Add(((string)events[i]!, e.Message));
            }
        }

        return whole is not null && rows.Count < mostRows + (mostRows / 4) ? whole : new AuditBatch(events.Length, entries, damaged);
    }
}
