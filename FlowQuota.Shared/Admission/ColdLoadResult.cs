namespace FlowQuota.Admission;

/// <summary>How a cold load ended.</summary>
internal enum ColdLoadResult
{
    /// <summary>Redis holds the token.</summary>
    Loaded,

    /// <summary>The token does not exist.</summary>
    Unknown,

    /// <summary>Another load is under way or came in between: try again shortly.</summary>
    Busy,
}
