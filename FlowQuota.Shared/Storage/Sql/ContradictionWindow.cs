using FlowQuota.Auditing;

namespace FlowQuota.Storage.Sql;

/// <summary>
/// When a stored row can have been made that stands at the position of an entry. A position can be given out twice only
/// where Redis lost its last second(s), so the two changes are close in time; looking further would open every partition.
/// </summary>
internal readonly struct ContradictionWindow
{
    private static readonly TimeSpan Width = TimeSpan.FromDays(1);

    /// <param name="entries">One or more.</param>
    public ContradictionWindow(ReadOnlySpan<QuotaLogEntry> entries)
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
