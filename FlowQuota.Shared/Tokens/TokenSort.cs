namespace FlowQuota.Tokens;

/// <summary>The orders in which tokens are listed. A token without the value comes last in either direction; equal ones are in the order of their creation.</summary>
public enum TokenSort
{
    /// <summary>The order of creation.</summary>
    CreatedAt,

    /// <summary>By <see cref="AccessToken.ExpiresAt"/>.</summary>
    ExpiresAt,

    /// <summary>By <see cref="AccessToken.Name"/>, character by character.</summary>
    Name,

    /// <summary>By <see cref="AccessToken.RemainingBand"/>: by the calls left, in two significant digits.</summary>
    RemainingQuota,

    /// <summary>By <see cref="AccessToken.RemainingPercent"/>.</summary>
    RemainingPercent,
}
