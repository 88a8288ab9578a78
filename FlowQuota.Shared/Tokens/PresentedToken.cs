namespace FlowQuota.Tokens;

/// <summary>A well-formed token that a caller presented; whether it is known and good is the admission's to say.</summary>
/// <param name="TokenId">The public id; its MAC is right.</param>
/// <param name="SecretHash">HMAC-SHA256 of the presented secret, 64 hexadecimal digits in lower case.</param>
public sealed record PresentedToken(string TokenId, string SecretHash)
{
    /// <summary>
    /// True for a token of the Go system: it carries no MAC of its own, so anyone can make one up that is well-formed, and
    /// only a look into the stores tells.
    /// </summary>
    public bool IsLegacy { get; init; }
}
