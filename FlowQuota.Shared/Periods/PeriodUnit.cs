namespace FlowQuota.Periods;

/// <summary>What the length of a period is counted in.</summary>
public enum PeriodUnit
{
    /// <summary>3,600 seconds, whatever the clocks on the wall do.</summary>
    Hour,

    /// <summary>A day in the rule's time zone; it has 23, 24 or 25 hours as the zone has them.</summary>
    Day,

    /// <summary>Seven days in the rule's time zone.</summary>
    Week,

    /// <summary>A month in the rule's time zone.</summary>
    Month,

    /// <summary>A year in the rule's time zone.</summary>
    Year,
}
