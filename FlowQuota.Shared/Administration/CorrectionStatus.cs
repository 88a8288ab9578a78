namespace FlowQuota.Administration;

/// <summary>The outcome of an attempt to correct a token's ledger.</summary>
public enum CorrectionStatus
{
    /// <summary>A change was recorded that explains all problems before it.</summary>
    Mended,

    /// <summary>There was nothing to correct; nothing was written.</summary>
    Balanced,

    /// <summary>Changes are on the way to SQL: try again when they have arrived. Nothing was written.</summary>
    Pending,

    /// <summary>The token does not exist and has no rows. Nothing was written.</summary>
    Unknown,
}
