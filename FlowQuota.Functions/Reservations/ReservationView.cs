using System.Text.Json.Serialization;
using FlowQuota.Functions.Http;
using FlowQuota.Ledger;
using FlowQuota.Reservations;

namespace FlowQuota.Functions.Reservations;

/// <summary>A reservation. Some fields are there only once it has ended.</summary>
/// <param name="ReservationId">Its id.</param>
/// <param name="State"><c>open</c>, <c>committed</c>, <c>cancelled</c> or <c>expired</c>.</param>
/// <param name="Reserved">Units that it was made for.</param>
/// <param name="ExpiresAt">When its units are released by themselves.</param>
internal sealed record ReservationView(string ReservationId, string State, int Reserved, string ExpiresAt)
{
    /// <summary>Units that were consumed; left out while it is open.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? Consumed { get; init; }

    /// <summary>Units that went back; left out while it is open.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? Released { get; init; }

    /// <summary>Units that were used, and were neither held nor left; left out while it is open.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? Uncovered { get; init; }

    /// <summary>True if its commit came after it had expired; left out while it is open.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public bool? Late { get; init; }

    /// <summary>When it ended; left out while it is open.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? EndedAt { get; init; }

    /// <summary>The caller's label; left out if it gave none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Meter { get; init; }

    /// <summary>Units granted to the token; left out in lists, and for a token without a quota.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? TotalQuota { get; init; }

    /// <summary>Units left to the token; left out in lists, and for a token without a quota.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? RemainingQuota { get; init; }

    /// <summary>Units that its reservations hold; left out in lists, and for a token without a quota.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? ReservedQuota { get; init; }

    public static ReservationView Of(Reservation reservation, TimeZoneFormatter clock, LiveQuota? quota = null)
    {
        var view = new ReservationView(
            reservation.Id, ReservationStates.NameOf(reservation.State), reservation.Amount, clock.Format(reservation.ExpiresAt))
        {
            Meter = reservation.Meter.Length == 0 ? null : reservation.Meter,
            TotalQuota = quota?.Total,
            RemainingQuota = quota?.Remaining,
            ReservedQuota = quota?.Total is null ? null : quota.Reserved,
        };
        return reservation.State == ReservationState.Open ? view : view with
        {
            Consumed = reservation.Consumed,
            Released = reservation.Released,
            Uncovered = reservation.Uncovered,
            Late = reservation.IsLate,
            EndedAt = clock.Format(reservation.EndedAt),
        };
    }
}
