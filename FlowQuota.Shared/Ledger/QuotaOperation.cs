namespace FlowQuota.Ledger;

/// <summary>An admin's operation on a quota.</summary>
public enum QuotaOperation
{
    /// <summary>Nothing; only the terms change.</summary>
    None,

    /// <summary>Adds calls to the remaining ones and to the total.</summary>
    Add,

    /// <summary>Sets the remaining calls; the total becomes the consumed calls plus that.</summary>
    Set,

    /// <summary>Starts over with all calls left, of the old total or of a new one.</summary>
    Reset,
}
