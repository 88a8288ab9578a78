namespace FlowQuota.Quotas;

/// <summary>How a cold load ended.</summary>
internal enum ColdLoadResult
{
    /// <summary>Redis holds the token.</summary>
    Loaded,

    /// <summary>There is no such token.</summary>
    Unknown,

    /// <summary>Another load is under way or came in between: look again shortly.</summary>
    Busy,
}
