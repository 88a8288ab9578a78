namespace FlowQuota.Admission;

/// <summary>The decision on a call. Only <see cref="Admitted"/> takes and records anything.</summary>
public enum AdmissionStatus
{
    /// <summary>The call may run; its cost is taken and recorded.</summary>
    Admitted,

    /// <summary>The rate limit is exceeded; a retry can succeed.</summary>
    RateLimited,

    /// <summary>Fewer calls are left than the call costs; only a recharge helps.</summary>
    Exhausted,

    /// <summary>The token does not exist, or the secret is wrong.</summary>
    Unknown,

    /// <summary>An admin disabled the token.</summary>
    Disabled,

    /// <summary>The token's end date is past.</summary>
    Expired,

    /// <summary>More audit events wait for SQL than the hard limit allows.</summary>
    Backlogged,

    /// <summary>An earlier call under the same key asked for something else.</summary>
    Mismatch,

    /// <summary>The code of an earlier call under the same key runs; a retry gets its result.</summary>
    InProgress,

    /// <summary>Units of a token without a quota cannot be reserved.</summary>
    Unmetered,

    /// <summary>The token has as many open reservations as it may have.</summary>
    TooManyReservations,
}
