namespace FlowQuota.Quotas;

/// <summary>How a refund ended.</summary>
internal enum RefundStatus
{
    /// <summary>The units were given back.</summary>
    Done,

    /// <summary>They were given back before under the same key, and not again.</summary>
    DoneBefore,

    /// <summary>Nothing was missing: the token is gone, has no quota, or was reset since.</summary>
    NotNeeded,
}
