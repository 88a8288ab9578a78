using FlowQuota.Auditing;

namespace FlowQuota.Storage.Sql;

/// <summary>Entries made ready to write: one for each change, in the order of the unique key.</summary>
/// <param name="Changes">What is to be written.</param>
/// <param name="Contradictions">Entries that name the position of another change of the same batch.</param>
internal sealed record QuotaLogBatch(IReadOnlyList<QuotaLogEntry> Changes, IReadOnlyList<DeadLetter> Contradictions)
{
    /// <summary>Merges the entries of one change; of two changes at one position, the first in the list stays.</summary>
    public static QuotaLogBatch Of(IReadOnlyList<QuotaLogEntry> entries)
    {
        var changes = new Dictionary<(string TokenId, int Epoch, long Seq), QuotaLogEntry>(entries.Count);
        List<DeadLetter> contradictions = [];
        foreach (var entry in entries)
        {
            var key = (entry.TokenId, entry.Position.Epoch, entry.Position.Seq);
            if (!changes.TryGetValue(key, out var first))
                changes.Add(key, entry with { CreatedAt = UtcDateTimeHandler.ToMilliseconds(entry.CreatedAt) });
            else if (IsSameChange(first, entry.RequestId, entry.Action))
                changes[key] = Merge(first, entry);
            else
                contradictions.Add(DeadLetter.Of(entry, Contradiction(first.RequestId, first.Action)));
        }

        // One order for all writers, so that they do not deadlock.
        var ordered = changes.Values
            .OrderBy(change => change.TokenId, StringComparer.Ordinal)
            .ThenBy(change => change.Position)
            .ToArray();
        return new QuotaLogBatch(ordered, contradictions);
    }

    /// <summary>Whether an entry tells of the change that this request made by this action.</summary>
    public static bool IsSameChange(QuotaLogEntry entry, string requestId, QuotaAction action) =>
        entry.Action == action && string.Equals(entry.RequestId, requestId, StringComparison.Ordinal);

    /// <summary>The reason for which an entry is set aside whose position is another change's.</summary>
    public static string Contradiction(string requestId, QuotaAction action) =>
        $"Its position is that of another change: {SqlNames.Of(action)} by request {requestId}.";

    private static QuotaLogEntry Merge(QuotaLogEntry first, QuotaLogEntry second) => first with
    {
        ExecutionSuccess = first.ExecutionSuccess ?? second.ExecutionSuccess,
        ExecutionErrorType = first.ExecutionErrorType ?? second.ExecutionErrorType,
        ExecutionErrorMessage = first.ExecutionErrorMessage ?? second.ExecutionErrorMessage,
        IsLateOutcome = first.IsLateOutcome && second.IsLateOutcome,
    };
}
