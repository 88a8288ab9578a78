namespace FlowQuota.Reservations;

/// <summary>The words for the states of a reservation: in Redis, in column <c>state</c> and in responses.</summary>
public static class ReservationStates
{
    /// <summary>The word for a state.</summary>
    public static string NameOf(ReservationState state) => state switch
    {
        ReservationState.Open => "open",
        ReservationState.Committed => "committed",
        ReservationState.Cancelled => "cancelled",
        ReservationState.Expired => "expired",
    };

    /// <summary>Reads a word; null if it is none.</summary>
    internal static ReservationState? TryParse(string word) => word switch
    {
        "open" => ReservationState.Open,
        "committed" => ReservationState.Committed,
        "cancelled" => ReservationState.Cancelled,
        "expired" => ReservationState.Expired,
        _ => null,
    };
}
