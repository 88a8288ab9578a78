namespace FlowQuota.Usage;

/// <summary>The length of the buckets of a usage report.</summary>
public enum UsageGranularity
{
    /// <summary>Hours of the zone.</summary>
    Hour,

    /// <summary>Days of the zone; 23 to 25 hours where its clocks are set.</summary>
    Day,

    /// <summary>Months of the zone.</summary>
    Month,

    /// <summary>One bucket for the whole time.</summary>
    Total,
}
