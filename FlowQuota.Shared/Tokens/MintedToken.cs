namespace FlowQuota.Tokens;

/// <summary>A new token, as it is shown to its holder once.</summary>
/// <param name="TokenId">The public id, <c>flow_&lt;id&gt;</c>.</param>
/// <param name="FullToken"><c>flow_&lt;id&gt;_&lt;secret&gt;</c>; must not be stored or logged.</param>
/// <param name="SecretHash">The stored hash of the secret; 32 bytes.</param>
public sealed record MintedToken(string TokenId, string FullToken, byte[] SecretHash);
