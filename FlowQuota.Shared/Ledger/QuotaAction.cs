namespace FlowQuota.Ledger;

/// <summary>What changed a quota; column <c>action</c>.</summary>
public enum QuotaAction
{
    /// <summary>The quota was granted for the first time, reset, or given up.</summary>
    Init,

    /// <summary>An admitted call.</summary>
    Consume,

    /// <summary>A call's units were refunded because the service, not the caller, was at fault.</summary>
    Refund,

    /// <summary>An admin added calls or set their number.</summary>
    Recharge,

    /// <summary>A period began: its amount was added.</summary>
    Refill,

    /// <summary>Units lapsed at the end of a period, or came back to a period that is over.</summary>
    Expire,

    /// <summary>Units are held for a reservation.</summary>
    Reserve,

    /// <summary>A hold ended, and its units are free again.</summary>
    Release,
}
