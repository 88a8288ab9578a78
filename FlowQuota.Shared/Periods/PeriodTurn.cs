namespace FlowQuota.Periods;

/// <summary>What became of a balance whose period is over.</summary>
/// <param name="Periods">How many periods have begun since then; at least 1.</param>
/// <param name="StartsAt">When the current period began, UTC.</param>
/// <param name="EndsAt">When the current period ends, UTC; after the instant that was asked about.</param>
public readonly record struct PeriodTurn(int Periods, DateTime StartsAt, DateTime EndsAt);
