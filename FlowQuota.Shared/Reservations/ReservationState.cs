namespace FlowQuota.Reservations;

/// <summary>What became of a reservation.</summary>
public enum ReservationState
{
    /// <summary>Its units are held.</summary>
    Open,

    /// <summary>What was used of it is consumed, and the rest was released.</summary>
    Committed,

    /// <summary>Its units were released because the caller did not need them.</summary>
    Cancelled,

    /// <summary>Its units were released because its time was over.</summary>
    Expired,
}
