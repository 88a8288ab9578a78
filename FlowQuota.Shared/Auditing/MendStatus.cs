namespace FlowQuota.Auditing;

/// <summary>How an attempt to mend a token's books ended.</summary>
public enum MendStatus
{
    /// <summary>A record was written that explains everything before it.</summary>
    Mended,

    /// <summary>There was nothing to mend; nothing was written.</summary>
    Balanced,

    /// <summary>Changes are on the way to SQL: look again when they have come. Nothing was written.</summary>
    Pending,

    /// <summary>There is no such token, and no record of it. Nothing was written.</summary>
    Unknown,
}
