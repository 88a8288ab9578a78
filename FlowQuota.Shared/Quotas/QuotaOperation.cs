namespace FlowQuota.Quotas;

/// <summary>What an admin does to a quota (contract, section 1, change).</summary>
public enum QuotaOperation
{
    /// <summary>Nothing; only the terms change.</summary>
    None,

    /// <summary>Adds calls to what is left and to the total.</summary>
    Add,

    /// <summary>Sets what is left; the total becomes consumed plus that.</summary>
    Set,

    /// <summary>Starts over: everything is left, of the old total or of a new one.</summary>
    Reset,
}
