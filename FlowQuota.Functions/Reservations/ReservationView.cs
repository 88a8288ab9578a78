using System.Text.Json.Serialization;
using FlowQuota.Functions.Http;
using FlowQuota.Ledger;
using FlowQuota.Reservations;

namespace FlowQuota.Functions.Reservations;

/// <summary>A reservation. <c>consumed</c>, <c>released</c>, <c>uncovered</c> and <c>late</c> are there once it has ended.</summary>
internal sealed record ReservationView(string ReservationId, string State, int Reserved, string ExpiresAt)
{
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? Consumed { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? Released { get; init; }

    /// <summary>Units that were used, and were neither held nor left.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? Uncovered { get; init; }

    /// <summary>True if its commit came after it had expired.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public bool? Late { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? EndedAt { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Meter { get; init; }

    /// <summary>The token's quota after it, as are the next two; null in lists, and for a token without a quota.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? TotalQuota { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? RemainingQuota { get; init; }

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
