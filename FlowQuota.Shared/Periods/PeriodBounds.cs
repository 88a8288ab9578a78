namespace FlowQuota.Periods;

/// <summary>One period, UTC.</summary>
/// <param name="StartsAt">Its first instant; <see cref="DateTime.MinValue"/> if it began before the calendar.</param>
/// <param name="EndsAt">
/// The first instant of the next period; the last millisecond of 9999 if the next would begin after that.
/// </param>
public readonly record struct PeriodBounds(DateTime StartsAt, DateTime EndsAt);
