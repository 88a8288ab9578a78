using System.Text.Json.Serialization;

namespace FlowQuota.Client;

/// <summary>Units that are held for a use whose amount is known only afterwards. Times are in the service's zone, of unspecified kind.</summary>
public sealed record Reservation
{
    /// <summary>Its id, to commit or cancel it.</summary>
    [JsonPropertyName("reservation_id")]
    public required string Id { get; init; }

    /// <summary>Its state.</summary>
    public ReservationState State { get; init; }

    /// <summary>Units that it held from its beginning.</summary>
    public int Reserved { get; init; }

    /// <summary>When it ends by itself, and its units come back.</summary>
    public DateTime ExpiresAt { get; init; }

    /// <summary>Units that were taken; null while it is open.</summary>
    public int? Consumed { get; init; }

    /// <summary>Units that came back; null while it is open.</summary>
    public int? Released { get; init; }

    /// <summary>Units that were used, and were neither held nor left; null while it is open.</summary>
    public int? Uncovered { get; init; }

    /// <summary>True if its commit came after it had expired.</summary>
    [JsonPropertyName("late")]
    public bool IsLate { get; init; }

    /// <summary>When it ended; null while it is open.</summary>
    public DateTime? EndedAt { get; init; }

    /// <summary>The label for what the units are used for; null = none.</summary>
    public string? Meter { get; init; }

    /// <summary>Units granted to the token.</summary>
    public int? TotalQuota { get; init; }

    /// <summary>Units of the token that are left.</summary>
    public int? RemainingQuota { get; init; }

    /// <summary>Units that all reservations of the token hold.</summary>
    public int? ReservedQuota { get; init; }
}
