namespace FlowQuota.Reservations;

/// <summary>What a caller asks to be held.</summary>
/// <param name="ReservationId">The id of the reservation that is to be made.</param>
/// <param name="Life">How long its units are held if nobody ends it before, 1 s to 1 day.</param>
/// <param name="Meter">The caller's label for what it is used for, 1-64 of <c>A-Za-z0-9._-</c>; '' = none.</param>
public sealed record HoldRequest(string ReservationId, TimeSpan Life, string Meter);
