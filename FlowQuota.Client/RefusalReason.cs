namespace FlowQuota.Client;

/// <summary>Which limit refused a call.</summary>
public enum RefusalReason
{
    /// <summary>The quota is spent, or the cost is more than what is left.</summary>
    QuotaExceeded,

    /// <summary>The rate limit.</summary>
    RateLimit,

    /// <summary>The token has as many open reservations as it may have.</summary>
    TooManyReservations,
}
