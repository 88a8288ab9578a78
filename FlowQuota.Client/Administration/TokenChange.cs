using System.Text.Json;

namespace FlowQuota.Client.Administration;

/// <summary>A change of a token. What is null stays as it is; <see cref="Removes"/> takes away. Ranges as in <see cref="NewToken"/>.</summary>
public sealed record TokenChange
{
    /// <summary>What is taken away.</summary>
    public TokenFields Removes { get; init; }

    /// <summary>False disables it.</summary>
    public bool? IsActive { get; init; }

    /// <summary>What ends it. A <c>Time</c> token that becomes another needs a <see cref="QuotaOperation"/> or a <see cref="Period"/>.</summary>
    public QuotaType? QuotaType { get; init; }

    /// <summary>How what is left changes.</summary>
    public QuotaOperation? QuotaOperation { get; init; }

    /// <summary>The amount of <see cref="QuotaOperation"/>.</summary>
    public int? QuotaAmount { get; init; }

    /// <summary>
    /// How the quota refills. A new amount applies at once, everything else from the end of this period on.
    /// </summary>
    public PeriodRule? Period { get; init; }

    /// <summary>It ends so many days after its end, or from now if that has passed or it has none.</summary>
    public int? Days { get; init; }

    /// <summary>It ends at this time in the service's zone, to the second; the kind is not looked at.</summary>
    public DateTime? ExpiresAt { get; init; }

    /// <summary>Calls in a window.</summary>
    public int? RateLimitPerMinute { get; init; }

    /// <summary>Calls in any one second.</summary>
    public int? RateLimitBurst { get; init; }

    /// <summary>The window in seconds.</summary>
    public int? RateLimitWindowSeconds { get; init; }

    /// <summary>What admins call it.</summary>
    public string? Name { get; init; }

    /// <summary>Labels in place of the present ones.</summary>
    public IReadOnlyList<string>? Tags { get; init; }

    /// <summary>Metadata in place of the present.</summary>
    public JsonElement? Metadata { get; init; }
}
