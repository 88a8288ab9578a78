namespace FlowQuota.Client.Administration;

/// <summary>How a quota refills.</summary>
/// <param name="Unit">The unit of a period.</param>
/// <param name="Amount">Units that each period begins with, 1 or more.</param>
/// <param name="Every">
/// How many units long a period is: <c>Hour</c> 1-8,760, <c>Day</c> 1-366, <c>Week</c> 1-52, <c>Month</c> 1-24, <c>Year</c> 1-5.
/// </param>
public sealed record PeriodRule(PeriodUnit Unit, int Amount, int Every = 1)
{
    /// <summary>From when periods are counted, in <see cref="TimeZone"/>: the billing day. Null = by the calendar.</summary>
    public DateTime? Anchor { get; init; }

    /// <summary>An IANA zone; null = that of the service.</summary>
    public string? TimeZone { get; init; }

    /// <summary>Units of a period that may pass into the next, 0 or more; 0 by default.</summary>
    public int CarryOver { get; init; }

    /// <summary>True if all that is left of a period passes into the next, whatever <see cref="CarryOver"/> is.</summary>
    public bool CarriesAllOver { get; init; }
}
