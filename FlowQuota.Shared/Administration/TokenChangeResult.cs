using FlowQuota.Tokens;

namespace FlowQuota.Administration;

/// <summary>The result of an admin's change.</summary>
/// <param name="Token">The token after the change; null if there is none.</param>
/// <param name="IsReplay">True for a repeat of a request that was finished before: this is the result of the first one.</param>
public sealed record TokenChangeResult(AccessToken? Token, bool IsReplay)
{
    /// <summary>For a repeat under a key, the id of the first request; else null.</summary>
    public string? OriginalRequestId { get; init; }
}
