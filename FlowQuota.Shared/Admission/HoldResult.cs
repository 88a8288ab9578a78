using FlowQuota.Ledger;
using FlowQuota.Reservations;

namespace FlowQuota.Admission;

/// <summary>What became of a reservation.</summary>
/// <param name="Status">The answer; switch over it without a default arm, so that a forgotten case does not compile.</param>
/// <param name="Reservation">The reservation after it; null if it is not found or the token is unknown.</param>
/// <param name="Quota">The token's quota after it; null as the reservation is.</param>
public sealed record HoldResult(HoldStatus Status, Reservation? Reservation = null, LiveQuota? Quota = null);
