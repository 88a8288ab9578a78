namespace FlowQuota.Tokens;

/// <summary>A token as it is handed to its holder, once.</summary>
/// <param name="TokenId">The public id, <c>flow_&lt;id&gt;</c>.</param>
/// <param name="FullToken"><c>flow_&lt;id&gt;_&lt;secret&gt;</c>; must not be stored or logged.</param>
/// <param name="SecretHash">What is stored of the secret; 32 bytes.</param>
public sealed record MintedToken(string TokenId, string FullToken, byte[] SecretHash);
