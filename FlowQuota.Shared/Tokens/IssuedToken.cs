namespace FlowQuota.Tokens;

/// <summary>A token just made.</summary>
/// <param name="Token">The stored token.</param>
/// <param name="FullToken">What its holder needs; shown once and never again.</param>
public sealed record IssuedToken(AccessToken Token, string FullToken);
