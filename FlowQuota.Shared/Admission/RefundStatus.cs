namespace FlowQuota.Admission;

/// <summary>How a refund ended.</summary>
internal enum RefundStatus
{
    /// <summary>The units were returned.</summary>
    Done,

    /// <summary>They were returned earlier under the same key, and not again.</summary>
    DoneBefore,

    /// <summary>Nothing was missing: the token is deleted, has no quota, or was reset since.</summary>
    NotNeeded,
}
