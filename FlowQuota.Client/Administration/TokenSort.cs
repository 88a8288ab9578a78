namespace FlowQuota.Client.Administration;

/// <summary>The order of a list of tokens.</summary>
public enum TokenSort
{
    /// <summary>By the time of creation.</summary>
    CreatedAt,

    /// <summary>By the end.</summary>
    ExpiresAt,

    /// <summary>By name.</summary>
    Name,

    /// <summary>By the units left, in two significant digits.</summary>
    RemainingQuota,

    /// <summary>By the part of the total that is left, in whole percent.</summary>
    RemainingPercent,
}
