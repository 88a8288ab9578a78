namespace FlowQuota.Tokens;

/// <summary>How an end date is to be decided.</summary>
/// <param name="Operation">Add days, set a date, or none.</param>
/// <param name="Days">Days to add, 1-36,500; 0 unless <see cref="ExpiryOperation.Add"/>.</param>
/// <param name="Date">The end, UTC; null unless <see cref="ExpiryOperation.Set"/>.</param>
public sealed record TokenExpiry(ExpiryOperation Operation, int Days = 0, DateTime? Date = null)
{
    // Far enough from what DATETIME holds that the date is one in every time zone.
    private static readonly DateTime Latest = new(9999, 1, 1, 0, 0, 0, DateTimeKind.Utc);

    /// <summary>The end date that follows.</summary>
    /// <param name="current">The end date until now; null = none.</param>
    /// <param name="now">Days are added to this where the token has no end date or is past it.</param>
    /// <exception cref="InvalidFieldException">It would be after the year 9998.</exception>
    public DateTime? Apply(DateTime? current, DateTime now) => Operation switch
    {
        ExpiryOperation.Add => AddDays(current > now ? current.Value : now),
        ExpiryOperation.Set => Date,
        ExpiryOperation.Unlimited => null,
    };

    private DateTime AddDays(DateTime start) => Days <= (Latest - start).TotalDays
        ? start.AddDays(Days)
        : throw new InvalidFieldException("days", "must leave the end date before the year 9999");
}
