using FlowQuota.Ledger;
using FlowQuota.Periods;

namespace FlowQuota.Admission;

/// <summary>The state of a token in Redis.</summary>
/// <param name="Position">The last change; null if Redis does not hold the token.</param>
/// <param name="Quota">The quota after it. If Redis does not hold the token: the value that waits for SQL, or null.</param>
/// <param name="WaitsForSql">True if <c>access_tokens</c> does not show it yet.</param>
internal sealed record LiveLedger(LedgerPosition? Position, LiveQuota? Quota, bool WaitsForSql)
{
    /// <summary>
    /// How often the quota refills, as <see cref="PeriodRule.ToText"/> writes it; null = never, or Redis does not hold the
    /// token. Only who begins a period parses it, because this instance may not know its time zone.
    /// </summary>
    public string? Rule { get; init; }

    /// <summary>The row version of the terms; null if Redis does not hold the token.</summary>
    public long? TermsVersion { get; init; }

    /// <summary>When time next changes the balance: the end of the period or of a reservation; null = never.</summary>
    public DateTime? Due { get; init; }

    /// <summary>
    /// The reservations whose time is over, the first to end first, as ids with a space between; '' = none. Those that end
    /// after the period are not among them.
    /// </summary>
    public string Ending { get; init; } = "";

    /// <summary>Units of the quota that reservations hold, by the reservations themselves; null = none is open.</summary>
    public int? HeldBySum { get; init; }

    /// <summary>When the state was read, by the clock of Redis.</summary>
    public DateTime ReadAt { get; init; }

    /// <summary>True if time changes the balance now: a period is over, or a reservation is.</summary>
    public bool IsOver => Due <= ReadAt;

    /// <summary>
    /// True if a reservation is to end, or the next period to begin, before the quota is used. A period that was damaged by hand
    /// cannot end.
    /// </summary>
    public bool IsChangeDue =>
        IsOver && Position is not null && (Ending.Length > 0 || (Rule is not null && Quota is { Remaining: not null, Period: not null }));

    /// <summary>True if nothing changed between two readings.</summary>
    public bool IsAt(LiveLedger other) => this with { ReadAt = other.ReadAt } == other;
}
