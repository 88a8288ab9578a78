using System.Text.Json.Serialization;
using FlowQuota.Client.Transport;

namespace FlowQuota.Client;

/// <summary>What a commit does if more was used than is reserved.</summary>
[JsonConverter(typeof(SnakeCaseEnumConverter<Overrun>))]
public enum Overrun
{
    /// <summary>It takes the rest from what is left; <see cref="Reservation.Uncovered"/> is how much was not there.</summary>
    Clamp,

    /// <summary>It fails with <c>ReservationOverrun</c> (409), and the reservation stays.</summary>
    Refuse,
}
