namespace FlowQuota.Admission;

/// <summary>A rate limit and how much of it is left now.</summary>
/// <param name="Limit">Calls in one window.</param>
/// <param name="WindowSeconds">Length of the window.</param>
/// <param name="Remaining">Calls that still fit.</param>
/// <param name="ResetSeconds">
/// Whole seconds, rounded up, until the oldest counted call leaves the window and more calls fit; the length of the window
/// if no call counts.
/// </param>
public sealed record RateAllowance(int Limit, int WindowSeconds, int Remaining, int ResetSeconds);
