using System.Runtime.InteropServices;
using FlowQuota.Ledger;

namespace FlowQuota.Sql;

/// <summary>Entries ready to be written: one for each change, in the order of the unique key.</summary>
/// <param name="Changes">The entries to write.</param>
/// <param name="Contradictions">Entries at the position of another change of the same batch.</param>
internal sealed record QuotaLogBatch(QuotaLogEntry[] Changes, IReadOnlyList<DeadLetter> Contradictions)
{
    /// <summary>Merges the entries of one change. Of two changes at one position, the first in the list stays.</summary>
    public static QuotaLogBatch Of(IReadOnlyList<QuotaLogEntry> entries)
    {
        var changes = new QuotaLogEntry[entries.Count];
        for (int i = 0; i < changes.Length; i++)
            changes[i] = ToMilliseconds(entries[i]);
        return IsOrdered(changes) ? new QuotaLogBatch(changes, []) : Merge(changes);
    }

    /// <summary>Whether an entry is about the change that this request made by this action.</summary>
    public static bool IsSameChange(QuotaLogEntry entry, string requestId, QuotaAction action) =>
        entry.Action == action && string.Equals(entry.RequestId, requestId, StringComparison.Ordinal);

    /// <summary>The reason in the dead letter of an entry at another change's position.</summary>
    public static string Contradiction(string requestId, QuotaAction action) =>
        $"Its position is that of another change: {SqlEnums.Of(action)} by request {requestId}.";

    private static QuotaLogBatch Merge(QuotaLogEntry[] entries)
    {
        var places = new Dictionary<(string TokenId, LedgerPosition Position), int>(entries.Length);
        int count = 0;
        List<DeadLetter> contradictions = [];
        foreach (var entry in entries)
        {
            ref int place = ref CollectionsMarshal.GetValueRefOrAddDefault(places, (entry.TokenId, entry.Position), out bool isKnown);
            if (!isKnown)
                entries[place = count++] = entry;
            else if (IsSameChange(entries[place], entry.RequestId, entry.Action))
                entries[place] = Merge(entries[place], entry);
            else
                contradictions.Add(DeadLetter.Of(entry, Contradiction(entries[place].RequestId, entries[place].Action)));
        }

        var changes = entries[..count];
        // All writers use one order, so that they do not deadlock.
        if (!IsOrdered(changes)) Array.Sort(changes, Compare);
        return new QuotaLogBatch(changes, contradictions);
    }

    /// <summary>Whether each comes after the one before it, so that merging and sorting are not needed.</summary>
    private static bool IsOrdered(QuotaLogEntry[] entries)
    {
        for (int i = 1; i < entries.Length; i++)
            if (Compare(entries[i - 1], entries[i]) >= 0) return false;
        return true;
    }

    private static int Compare(QuotaLogEntry left, QuotaLogEntry right) =>
        string.CompareOrdinal(left.TokenId, right.TokenId) is not 0 and var tokens ? tokens : left.Position.CompareTo(right.Position);

    // Nearly all times are in whole milliseconds already, because the outbox has no finer ones.
    private static QuotaLogEntry ToMilliseconds(QuotaLogEntry entry) =>
        UtcDateTimeHandler.ToMilliseconds(entry.CreatedAt) is var time && time == entry.CreatedAt ? entry : entry with { CreatedAt = time };

    private static QuotaLogEntry Merge(QuotaLogEntry first, QuotaLogEntry second) => first with
    {
        ExecutionSuccess = first.ExecutionSuccess ?? second.ExecutionSuccess,
        ExecutionErrorType = first.ExecutionErrorType ?? second.ExecutionErrorType,
        ExecutionErrorMessage = first.ExecutionErrorMessage ?? second.ExecutionErrorMessage,
        IsLateOutcome = first.IsLateOutcome && second.IsLateOutcome,
    };
}
