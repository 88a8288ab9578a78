using System.Security.Cryptography;

namespace FlowQuota.Ledger;

/// <summary>An attempt to have a call admitted under a key. All attempts under one key are charged once.</summary>
/// <param name="KeyHash">The <see cref="IdempotencyKey.Hash"/> of the key.</param>
/// <param name="Attempt">Names this attempt among the others under the key; hexadecimal digits.</param>
internal sealed record ChargeClaim(string KeyHash, string Attempt)
{
    /// <summary>
    /// How long the repeat of a gateway is recognized after the latest attempt. Proxies repeat within their timeouts. Each call
    /// leaves a key in Redis for this long.
    /// </summary>
    public static readonly TimeSpan TimeToLive = TimeSpan.FromMinutes(5);

    private const int AttemptDigits = 12;

    /// <summary>
    /// The <see cref="IdempotencyKey.Fingerprint"/> of the request: a repeat must have the same one, and gets the answer of the
    /// first attempt. '' = a repeat may ask anything, and gets the present quota.
    /// </summary>
    public string Fingerprint { get; private init; } = "";

    /// <summary>Further fields of the call's event, which name the key; '' = none.</summary>
    public string Note { get; private init; } = "";

    /// <summary>How long a repeat is recognized.</summary>
    public TimeSpan Life { get; private init; } = TimeToLive;

    /// <summary>
    /// How long the call's code may run before a repeat takes its process for dead and runs it again; 0 = the call runs no code.
    /// </summary>
    public TimeSpan LongestRun { get; private init; }

    /// <summary>Begins another attempt of a gateway's sub-request.</summary>
    public static ChargeClaim Begin(string keyHash) => new(keyHash, NewAttempt());

    /// <summary>Begins another attempt under a key that the caller sent.</summary>
    /// <param name="key">The key.</param>
    /// <param name="life">How long a repeat is recognized.</param>
    /// <param name="longestRun">See <see cref="LongestRun"/>.</param>
    public static ChargeClaim Begin(IdempotencyKey key, TimeSpan life, TimeSpan longestRun) => new(key.Hash, NewAttempt())
    {
        Fingerprint = key.Fingerprint,
        Note = AuditEventFormat.KeyNote(key.Text),
        Life = life,
        LongestRun = longestRun,
    };

    /// <summary>Another attempt of the same call.</summary>
    public ChargeClaim Again() => this with { Attempt = NewAttempt() };

    private static string NewAttempt() => RandomNumberGenerator.GetHexString(AttemptDigits, lowercase: true);
}
