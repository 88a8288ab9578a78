namespace FlowQuota.Importing;

/// <summary>What became of a row that was not taken as it stands.</summary>
public enum ImportFindingKind
{
    /// <summary>It cannot be ours; nothing of it was imported.</summary>
    Refused,

    /// <summary>It is imported, with one value made to fit.</summary>
    Adjusted,

    /// <summary>It was imported by an earlier run, and the Go system has taken calls from it since: our figure is too high.</summary>
    Moved,
}
