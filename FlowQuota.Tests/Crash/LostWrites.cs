namespace FlowQuota.Tests.Crash;

/// <summary>Answered writes that a store may have lost.</summary>
/// <param name="Problems">The problems that the verification may list because of it; each can be corrected.</param>
/// <param name="Calls">Calls of callers, and with <paramref name="LosesChanges"/> changes of admins, that may have no rows.</param>
/// <param name="LosesChanges">True if changes of admins and their grants may be lost, too.</param>
public sealed record LostWrites(IReadOnlyList<string> Problems, IReadOnlySet<LoadCall> Calls, bool LosesChanges = false)
{
    /// <summary>
    /// Redis lost its last writes: counter and events together. SQL may have them in one of its two tables only, and an admin's
    /// change is in SQL before the earlier calls.
    /// </summary>
    public static LostWrites OfRedis(IEnumerable<LoadCall> calls) => new(["chain", "gap", "missing_last", "total", "unsynced"], calls.ToHashSet());

    /// <summary>SQL was restored from a backup: the later rows are gone, and Redis has the resulting balances.</summary>
    public static LostWrites OfSql(IEnumerable<LoadCall> calls) => new(["chain", "gap", "live", "missing_last", "total", "unsynced"], calls.ToHashSet(), LosesChanges: true);

    /// <summary>Whether a call without rows was lost.</summary>
    public bool MayLose(LoadCall call) =>
        Calls.Contains(call) && (call is { Kind: "consume" or "execute", Status: 200 or 400 } || (LosesChanges && call.Kind == "change"));
}
