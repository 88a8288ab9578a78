using System.Diagnostics.CodeAnalysis;

namespace FlowQuota.Client;

/// <summary>The decision on a call that takes units.</summary>
public abstract record MeteredResult
{
    private protected MeteredResult()
    {
    }

    /// <summary>True if the call was admitted and its units were taken.</summary>
    [MemberNotNullWhen(false, nameof(Refusal))]
    public virtual bool IsAllowed => Refusal is null;

    /// <summary>Why the call was refused; null if it was admitted.</summary>
    public virtual Refusal? Refusal { get; init; }

    /// <summary>Units granted; null for a token without a quota, and for a refused call.</summary>
    public int? TotalQuota { get; init; }

    /// <summary>Units left after the call; null for a token without a quota, and for a refused call.</summary>
    public int? RemainingQuota { get; init; }

    /// <summary>True if an earlier request under the key, or an earlier try of this one, was charged, and this is its result.</summary>
    public bool IsReplayed { get; init; }

    /// <summary>The id of the request that was charged or refused, as the service's log has it.</summary>
    public required string RequestId { get; init; }
}
