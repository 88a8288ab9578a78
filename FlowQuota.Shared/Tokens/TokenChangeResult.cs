namespace FlowQuota.Tokens;

/// <summary>What an admin's change led to.</summary>
/// <param name="Token">The token after the change; null if there is none.</param>
/// <param name="IsReplay">True for a repeat of a request that was finished before: this is what the first one led to.</param>
public sealed record TokenChangeResult(AccessToken? Token, bool IsReplay);
