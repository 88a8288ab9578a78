using System.Diagnostics.CodeAnalysis;

namespace FlowQuota.Client;

/// <summary>The decision on a <see cref="FlowQuotaClient.ReserveAsync"/>.</summary>
public sealed record ReserveResult : MeteredResult
{
    /// <inheritdoc/>
    [MemberNotNullWhen(true, nameof(Reservation))]
    [MemberNotNullWhen(false, nameof(Refusal))]
    public override bool IsAllowed => Reservation is not null && Refusal is null;

    /// <inheritdoc/>
    public override Refusal? Refusal { get; init; }

    /// <summary>The reservation; null if it was refused.</summary>
    public Reservation? Reservation { get; init; }
}
