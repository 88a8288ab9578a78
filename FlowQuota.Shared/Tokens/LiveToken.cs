namespace FlowQuota.Tokens;

/// <summary>A token with its quota as it is now.</summary>
/// <param name="Token">The token; its remaining and total quota are the live ones where they could be had.</param>
/// <param name="IsStale">True where Redis could not be asked, so that the quota is what SQL last knew.</param>
public sealed record LiveToken(AccessToken Token, bool IsStale);
