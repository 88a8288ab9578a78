namespace FlowQuota.Import;

/// <summary>The outcome for a row that was not imported unchanged.</summary>
public enum ImportFindingKind
{
    /// <summary>Not imported, because FlowQuota cannot represent it.</summary>
    Refused,

    /// <summary>Imported, with one value adjusted.</summary>
    Adjusted,

    /// <summary>Imported by an earlier run. The Go system has taken calls from it since, so FlowQuota's remaining quota is too high.</summary>
    Moved,
}
