namespace FlowQuota.Tokens;

/// <summary>How the end date of a token was last set; column <c>operation_type</c>.</summary>
public enum ExpiryOperation
{
    /// <summary>A number of days was added.</summary>
    Add,

    /// <summary>A date was set.</summary>
    Set,

    /// <summary>There is no end date.</summary>
    Unlimited,
}
