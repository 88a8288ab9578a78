namespace FlowQuota.Periods;

/// <summary>What the end of a period does to a balance.</summary>
/// <param name="Periods">How many boundaries were passed, 1 or more.</param>
/// <param name="Expired">Units that lapse at the first of them, 0 or more.</param>
/// <param name="Refilled">Units that are added after that, for the period that has begun.</param>
/// <param name="State">The period that has begun.</param>
public sealed record PeriodEnd(int Periods, int Expired, int Refilled, PeriodState State);
