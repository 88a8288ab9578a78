namespace FlowQuota.Usage;

/// <summary>
/// The unit in which usage is kept. Every zone is a whole number of quarters of an hour away from UTC, so an hour, a day or a
/// month of any zone is made of whole ones (docs/decisions/0022).
/// </summary>
public static class QuarterHour
{
    /// <summary>15 minutes.</summary>
    public static readonly TimeSpan Length = TimeSpan.FromMinutes(15);

    /// <summary>The start of the quarter of an hour that an instant is in.</summary>
    /// <param name="utc">UTC.</param>
    public static DateTime Of(DateTime utc) => utc.AddTicks(-(utc.Ticks % Length.Ticks));
}
