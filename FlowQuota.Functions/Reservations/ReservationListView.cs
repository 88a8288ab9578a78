namespace FlowQuota.Functions.Reservations;

/// <summary>Reservations of a token: the open ones first, then the newest.</summary>
/// <param name="TokenId">The public id of the token.</param>
/// <param name="Reservations">The reservations.</param>
internal sealed record ReservationListView(string TokenId, IReadOnlyList<ReservationView> Reservations);
