using System.Security.Cryptography;
using System.Text;

namespace FlowQuota.Quotas;

/// <summary>
/// Identifies a request that takes effect once: a repeat has the same <paramref name="Hash"/>, and the same
/// <paramref name="Fingerprint"/> if it asks for the same thing.
/// </summary>
/// <param name="Hash">The route and what the caller sent to name the request, hashed; 32 hexadecimal digits.</param>
/// <param name="Fingerprint">What the request asks for, hashed; 32 hexadecimal digits.</param>
public sealed record IdempotencyKey(string Hash, string Fingerprint)
{
    /// <summary>How long a repeat is recognized.</summary>
    public static readonly TimeSpan TimeToLive = TimeSpan.FromHours(48);

    private const int HashBytes = 16;

    /// <summary>Makes the key of a request.</summary>
    /// <param name="route">Method and path, without the token: the same key on another route is another request.</param>
    /// <param name="key">What the caller sent to name the request.</param>
    /// <param name="asked">What the request asks for, in one form for all equal requests.</param>
    public static IdempotencyKey Of(string route, string key, ReadOnlySpan<byte> asked) =>
        new(ToHex(SHA256.HashData(Encoding.UTF8.GetBytes($"{route}\n{key}"))), ToHex(SHA256.HashData(asked)));

    private static string ToHex(byte[] hash) => Convert.ToHexStringLower(hash, 0, HashBytes);
}
