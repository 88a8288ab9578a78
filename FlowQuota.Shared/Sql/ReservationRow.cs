using FlowQuota.Reservations;

namespace FlowQuota.Sql;

/// <summary>A row of <c>quota_reservations</c> as it is read.</summary>
internal sealed class ReservationRow
{
    public required string Id { get; init; }

    public ReservationState State { get; init; }

    public int Amount { get; init; }

    public DateTime ExpiresAt { get; init; }

    public DateTime? EndedAt { get; init; }

    public int Consumed { get; init; }

    public int Released { get; init; }

    public int Uncovered { get; init; }

    public bool IsLate { get; init; }

    public int Period { get; init; }

    public int PeriodUnits { get; init; }

    public required string Meter { get; init; }

    /// <summary>The row as the domain knows it.</summary>
    public Reservation ToReservation() => new(Id, State, ExpiresAt, Amount)
    {
        Period = Period,
        PeriodUnits = PeriodUnits,
        Consumed = Consumed,
        Released = Released,
        Uncovered = Uncovered,
        IsLate = IsLate,
        EndedAt = EndedAt,
        Meter = Meter,
    };
}
