using System.Text.Json.Serialization;
using FlowQuota.Client.Transport;

namespace FlowQuota.Client;

/// <summary>The state of a reservation.</summary>
[JsonConverter(typeof(SnakeCaseEnumConverter<ReservationState>))]
public enum ReservationState
{
    /// <summary>It holds its units.</summary>
    Open,

    /// <summary>It ended with a commit.</summary>
    Committed,

    /// <summary>It was cancelled, and its units came back.</summary>
    Cancelled,

    /// <summary>Its time was over, and its units came back.</summary>
    Expired,
}
