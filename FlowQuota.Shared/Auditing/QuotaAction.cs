namespace FlowQuota.Auditing;

/// <summary>What changed a quota; column <c>action</c>.</summary>
public enum QuotaAction
{
    /// <summary>The quota was granted for the first time, reset, or given up.</summary>
    Init,

    /// <summary>An admitted call.</summary>
    Consume,

    /// <summary>A call's units went back because the platform, not the caller, was at fault.</summary>
    Refund,

    /// <summary>An admin added calls or set their number.</summary>
    Recharge,
}
