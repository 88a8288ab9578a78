namespace FlowQuota.Tokens;

/// <summary>Whether calls, time or both end a token.</summary>
public enum QuotaType
{
    /// <summary>Ends at its end date; calls are not counted.</summary>
    Time,

    /// <summary>Ends when no calls are left.</summary>
    Count,

    /// <summary>Ends at its end date or when no calls are left, whichever comes first.</summary>
    Hybrid,
}
