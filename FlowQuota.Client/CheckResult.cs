using System.Diagnostics.CodeAnalysis;

namespace FlowQuota.Client;

/// <summary>Whether a call would be admitted now. Another call may be faster: only a consume decides.</summary>
/// <param name="Refusal">Why it would be refused; null if it would be admitted.</param>
/// <param name="RemainingQuota">Units left; null for a token without a quota.</param>
public sealed record CheckResult(Refusal? Refusal, int? RemainingQuota)
{
    /// <summary>True if the call would be admitted.</summary>
    [MemberNotNullWhen(false, nameof(Refusal))]
    public bool IsAllowed => Refusal is null;
}
