namespace FlowQuota.Tokens;

/// <summary>How an end date is to be decided.</summary>
/// <param name="Operation">Add days, set a date, or none.</param>
/// <param name="Days">Days to add, 1-36,500; 0 unless <see cref="ExpiryOperation.Add"/>.</param>
/// <param name="Date">The end, UTC; null unless <see cref="ExpiryOperation.Set"/>.</param>
public sealed record TokenExpiry(ExpiryOperation Operation, int Days = 0, DateTime? Date = null)
{
    /// <summary>The end date that follows.</summary>
    /// <param name="current">The end date until now; null = none.</param>
    /// <param name="now">Days are added to this where the token has no end date or is past it.</param>
    public DateTime? Apply(DateTime? current, DateTime now) => Operation switch
    {
        ExpiryOperation.Add => (current > now ? current.Value : now).AddDays(Days),
        ExpiryOperation.Set => Date,
        ExpiryOperation.Unlimited => null,
    };
}
