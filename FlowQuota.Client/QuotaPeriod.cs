namespace FlowQuota.Client;

/// <summary>How a quota refills, and the period that it is in.</summary>
/// <param name="Unit">The unit of a period.</param>
/// <param name="Every">How many units long a period is.</param>
/// <param name="Amount">Units that a period begins with.</param>
/// <param name="Anchor">From when periods are counted, in <paramref name="TimeZone"/>; null = by the calendar.</param>
/// <param name="TimeZone">The IANA zone whose days, weeks, months and years count.</param>
/// <param name="CarryOver">How much of a period may pass into the next; null = all.</param>
/// <param name="Index">The number of this period, from 1.</param>
/// <param name="StartsAt">The beginning of this period, in the service's zone.</param>
/// <param name="EndsAt">When the next period begins, in the service's zone.</param>
public sealed record QuotaPeriod(
    PeriodUnit Unit, int Every, int Amount, DateTime? Anchor, string TimeZone, int? CarryOver, int Index, DateTime StartsAt, DateTime EndsAt);
