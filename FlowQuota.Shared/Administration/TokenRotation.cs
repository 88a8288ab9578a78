using FlowQuota.Ledger;
using FlowQuota.Tokens;

namespace FlowQuota.Administration;

/// <summary>
/// Gives tokens new secrets. The id, the quota, the limits and the ledger of the token stay (docs/decisions/0020).
/// </summary>
/// <remarks>Every member throws as <see cref="TokenAdministration.ChangeAsync(string, TokenChange, string, CancellationToken, IdempotencyKeyText)"/> does.</remarks>
public sealed class TokenRotation(TokenCodec codec, TokenAdministration tokens)
{
    private const string RotateRoute = "POST /flow/tokens/rotate";
    private const string EndGraceRoute = "DELETE /flow/tokens/rotate";

    /// <summary>Makes a new secret, once. It is good on every instance when this returns.</summary>
    /// <param name="tokenId">The public id.</param>
    /// <param name="graceSeconds">
    /// How long the present secret stays good, 0-<see cref="SecretChange.MostGraceSeconds"/>; 0 = it is refused when this returns.
    /// A secret before it is refused then in any case.
    /// </param>
    /// <param name="requestId">The request. A repeat under the same id makes no secret and returns none.</param>
    /// <param name="key">The caller's key for the request; it takes the place of <paramref name="requestId"/> for repeats.</param>
    /// <param name="cancellationToken">Cancels before anything is written.</param>
    /// <returns>Null if there is no such token.</returns>
    public async Task<IssuedToken?> RotateAsync(
        string tokenId, int graceSeconds, string requestId, IdempotencyKeyText? key, CancellationToken cancellationToken)
    {
        var minted = codec.MintSecret(tokenId);
        var change = new TokenChange { Secret = new SecretChange(graceSeconds) { NewHash = minted.SecretHash } };
        var result = await tokens.ChangeAsync(RotateRoute, tokenId, change, requestId, key, cancellationToken);
        if (result.Token is not { } token)
            return null;
        // The secret in force is that of the request's first attempt.
        bool isOurs = token.SecretHash.AsSpan().SequenceEqual(minted.SecretHash);
        return new IssuedToken(token, isOurs ? minted.FullToken : null, result.OriginalRequestId);
    }

    /// <summary>Ends the grace of the earlier secret: no instance admits a call with it when this returns.</summary>
    /// <param name="tokenId">The public id.</param>
    /// <param name="requestId">The request. A repeat under the same id returns the result of the first one.</param>
    /// <param name="cancellationToken">Cancels before anything is written.</param>
    /// <returns>The token; null if there is no such token. It need not have an earlier secret.</returns>
    public async Task<AccessToken?> EndGraceAsync(string tokenId, string requestId, CancellationToken cancellationToken)
    {
        var change = new TokenChange { Secret = new SecretChange(GraceSeconds: 0) };
        return (await tokens.ChangeAsync(EndGraceRoute, tokenId, change, requestId, key: null, cancellationToken)).Token;
    }
}
