using FlowQuota.Auditing;

namespace FlowQuota.Storage.Sql;

/// <summary>
/// When a stored row can have been made that stands at the position of an entry. A position can be given out twice only
/// where Redis lost its last second(s), so the two changes are close in time; looking further would open every partition.
/// </summary>
internal readonly struct ContradictionWindow(IReadOnlyCollection<QuotaLogEntry> entries)
{
    private static readonly TimeSpan Width = TimeSpan.FromDays(1);

    /// <summary>The earliest, UTC.</summary>
    public DateTime From { get; } = entries.Min(entry => entry.CreatedAt) - Width;

    /// <summary>The latest, UTC.</summary>
    public DateTime Until { get; } = entries.Max(entry => entry.CreatedAt) + Width;
}
