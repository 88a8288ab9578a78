using System.Security.Cryptography;
using System.Text;

namespace FlowQuota.Ledger;

/// <summary>
/// Identifies a request that takes effect once: a repeat has the same <paramref name="Hash"/>, and the same
/// <paramref name="Fingerprint"/> if its content is the same.
/// </summary>
/// <param name="Hash">Hash of the route and the caller's id of the request; 32 hexadecimal digits.</param>
/// <param name="Fingerprint">Hash of the request's content; 32 hexadecimal digits.</param>
public sealed record IdempotencyKey(string Hash, string Fingerprint)
{
    /// <summary>How long a repeat of an admin's change or of a refund is recognized, at least.</summary>
    public static readonly TimeSpan TimeToLive = TimeSpan.FromHours(48);

    private const int HashBytes = 16;

    /// <summary>The key as the caller wrote it; '' = log rows do not carry it.</summary>
    public string Text { get; init; } = "";

    /// <summary>Makes the key of a request.</summary>
    /// <param name="route">Method and path without the token; the same id on another route is another request.</param>
    /// <param name="key">The caller's id of the request.</param>
    /// <param name="asked">The content of the request, as a text that is equal for equal requests.</param>
    public static IdempotencyKey Of(string route, string key, ReadOnlySpan<byte> asked) =>
        new(ToHex(SHA256.HashData(Encoding.UTF8.GetBytes($"{route}\n{key}"))), ToHex(SHA256.HashData(asked)));

    /// <summary>Makes the key of a request under a text that its caller chose, which log rows carry.</summary>
    /// <param name="route">Method and path without the token.</param>
    /// <param name="text">The key as the caller wrote it.</param>
    /// <param name="asked">The content of the request, as a text that is equal for equal requests.</param>
    public static IdempotencyKey OfCaller(string route, string text, ReadOnlySpan<byte> asked) => Of(route, text, asked) with { Text = text };

    /// <inheritdoc cref="OfCaller(string, string, ReadOnlySpan{byte})"/>
    public static IdempotencyKey OfCaller(string route, string text, string asked) => OfCaller(route, text, Encoding.UTF8.GetBytes(asked));

    private static string ToHex(byte[] hash) => Convert.ToHexStringLower(hash, 0, HashBytes);
}
