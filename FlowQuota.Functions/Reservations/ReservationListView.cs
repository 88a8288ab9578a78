namespace FlowQuota.Functions.Reservations;

/// <summary>Reservations of a token: the open ones first, then the newest.</summary>
internal sealed record ReservationListView(string TokenId, IReadOnlyList<ReservationView> Reservations);
