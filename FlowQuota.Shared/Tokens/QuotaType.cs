namespace FlowQuota.Tokens;

/// <summary>What ends a token (contract, section 1, create).</summary>
public enum QuotaType
{
    /// <summary>Ends at its end date; calls are not counted down.</summary>
    Time,

    /// <summary>Ends when no calls are left.</summary>
    Count,

    /// <summary>Ends at its end date or when no calls are left, whichever comes first.</summary>
    Hybrid,
}
