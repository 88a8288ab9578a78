using FlowQuota.Ledger;

namespace FlowQuota.Sql;

/// <summary>
/// The period in which a stored row at the position of an entry can have been made. A position is given out twice only if
/// Redis lost its last second(s), so the two changes are close in time. A wider search would read every partition.
/// </summary>
internal readonly struct ConflictWindow
{
    private static readonly TimeSpan Width = TimeSpan.FromDays(1);

    /// <param name="entries">One or more.</param>
    public ConflictWindow(ReadOnlySpan<QuotaLogEntry> entries)
    {
        var (first, last) = (entries[0].CreatedAt, entries[0].CreatedAt);
        foreach (var entry in entries)
        {
            if (entry.CreatedAt < first) first = entry.CreatedAt;
            if (entry.CreatedAt > last) last = entry.CreatedAt;
        }

        (From, Until) = (first - Width, last + Width);
    }

    /// <summary>The earliest, UTC.</summary>
    public DateTime From { get; }

    /// <summary>The latest, UTC.</summary>
    public DateTime Until { get; }
}
