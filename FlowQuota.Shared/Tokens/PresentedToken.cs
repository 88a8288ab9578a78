namespace FlowQuota.Tokens;

/// <summary>A well-formed token that a caller presented. The admission decides whether it is valid.</summary>
/// <param name="TokenId">The public id; its MAC is valid.</param>
/// <param name="SecretHash">HMAC-SHA256 of the presented secret, 64 hexadecimal digits in lower case.</param>
public sealed record PresentedToken(string TokenId, string SecretHash)
{
    /// <summary>
    /// True for a token of the Go system. It carries no MAC, so anyone can invent a well-formed one, and only the stores show
    /// whether it exists.
    /// </summary>
    public bool IsLegacy { get; init; }
}
