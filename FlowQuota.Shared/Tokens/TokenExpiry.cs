using FlowQuota.Errors;

namespace FlowQuota.Tokens;

/// <summary>A rule for an end date.</summary>
/// <param name="Operation">Add days, set a date, or none.</param>
/// <param name="Days">Days to add, 1-36,500; 0 unless <see cref="ExpiryOperation.Add"/>.</param>
/// <param name="Date">The end, UTC; null unless <see cref="ExpiryOperation.Set"/>.</param>
public sealed record TokenExpiry(ExpiryOperation Operation, int Days = 0, DateTime? Date = null)
{
    // The latest date that is in the year 9999 in every time zone.
    private static readonly DateTime Latest = new(9999, 12, 31, 9, 59, 59, DateTimeKind.Utc);

    /// <summary>Applies the rule.</summary>
    /// <param name="current">The present end date; null = none.</param>
    /// <param name="now">Days are added to this if the token has no end date or is past it.</param>
    /// <exception cref="InvalidFieldException">The result would be after the year 9999.</exception>
    public DateTime? Apply(DateTime? current, DateTime now) => Operation switch
    {
        ExpiryOperation.Add => AddDays(current > now ? current.Value : now),
        ExpiryOperation.Set => Date,
        ExpiryOperation.Unlimited => null,
    };

    private DateTime AddDays(DateTime start) => Days <= (Latest - start).TotalDays
        ? start.AddDays(Days)
        : throw new InvalidFieldException("days", "must leave the end date before the year 10000");
}
