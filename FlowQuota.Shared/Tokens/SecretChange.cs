using System.Text.Json.Serialization;

namespace FlowQuota.Tokens;

/// <summary>
/// An admin's change of the secrets that are good for a token: a new one, or an end to the earlier one. At most one earlier
/// secret is good: a change ends the grace of the one before.
/// </summary>
/// <param name="GraceSeconds">How long the present secret stays good beside a new one; 0 = not at all.</param>
public sealed record SecretChange(int GraceSeconds)
{
    /// <summary>Longest <see cref="GraceSeconds"/>: 30 days.</summary>
    public const int MostGraceSeconds = 2_592_000;

    /// <summary>The hash of the new secret; null = the present one stays, and only the grace of the earlier one ends.</summary>
    /// <remarks>Each attempt of a request makes another secret, so it is not part of what the request asks for.</remarks>
    [JsonIgnore]
    public byte[]? NewHash { get; init; }

    /// <summary>The token with its new secrets.</summary>
    /// <param name="token">The token before the change.</param>
    /// <param name="now">The current time, UTC.</param>
    public AccessToken Apply(AccessToken token, DateTime now)
    {
        if (NewHash is null)
            return token with { PreviousSecretHash = null, PreviousValidUntil = null };
        return token with
        {
            SecretHash = NewHash,
            Rotation = token.Rotation + 1,
            RotatedAt = now,
            PreviousSecretHash = GraceSeconds > 0 ? token.SecretHash : null,
            PreviousValidUntil = GraceSeconds > 0 ? now.AddSeconds(GraceSeconds) : null,
        };
    }
}
