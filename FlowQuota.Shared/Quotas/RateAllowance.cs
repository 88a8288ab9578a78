namespace FlowQuota.Quotas;

/// <summary>A rate limit and what is left of it now.</summary>
/// <param name="Limit">Calls in one window.</param>
/// <param name="WindowSeconds">Length of the window.</param>
/// <param name="Remaining">Calls that still fit.</param>
/// <param name="ResetSeconds">Whole seconds until the current window ends.</param>
public sealed record RateAllowance(int Limit, int WindowSeconds, int Remaining, int ResetSeconds);
