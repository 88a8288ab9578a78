namespace FlowQuota.Client.Administration;

/// <summary>A token with a new secret.</summary>
/// <param name="Token">The token.</param>
/// <param name="AccessToken">
/// The full token, for its holder. FlowQuota shows it once: null if this is a repeat, by the caller or by the client after a lost
/// response. Then <see cref="FlowQuotaAdminClient.RotateTokenAsync"/> makes another secret.
/// </param>
public sealed record IssuedToken(Token Token, string? AccessToken)
{
    /// <summary>All but the secret, so that it gets into no log.</summary>
    public override string ToString() => $"{nameof(IssuedToken)} {{ TokenId = {Token.TokenId} }}";
}
