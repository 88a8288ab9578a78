namespace FlowQuota.Quotas;

/// <summary>How an admission was decided. Everything but <see cref="Admitted"/> took nothing and wrote nothing.</summary>
public enum AdmissionStatus
{
    /// <summary>The call may run; its cost is taken and recorded.</summary>
    Admitted,

    /// <summary>The rate limit is spent; it comes back by itself.</summary>
    RateLimited,

    /// <summary>Fewer calls are left than the call costs; nothing comes back by itself.</summary>
    Exhausted,

    /// <summary>There is no such token, or the secret is not its own.</summary>
    Unknown,

    /// <summary>An admin disabled the token.</summary>
    Disabled,

    /// <summary>The token's end date is past.</summary>
    Expired,

    /// <summary>More audit events wait for SQL than the hard limit allows.</summary>
    Backlogged,
}
