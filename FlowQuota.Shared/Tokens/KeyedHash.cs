using System.Security.Cryptography;

namespace FlowQuota.Tokens;

/// <summary>
/// HMAC-SHA256 under a key that hardly ever changes. The keyed hash is cached per thread, because key setup is about half the
/// cost of hashing a short text.
/// </summary>
internal sealed class KeyedHash
{
    [ThreadStatic]
    private static KeyedHash? _last;

    private readonly byte[] _key;
    private readonly IncrementalHash _hash;

    private KeyedHash(byte[] key)
    {
        _key = key;
        _hash = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, key);
    }

    /// <summary>Hashes a text.</summary>
    /// <param name="key">The key; compared by reference, and must not be changed.</param>
    /// <param name="text">The text.</param>
    /// <param name="hash">Receives the 32 bytes.</param>
    public static void Of(byte[] key, ReadOnlySpan<byte> text, Span<byte> hash)
    {
        if (_last is not { } keyed || !ReferenceEquals(keyed._key, key))
            _last = keyed = new KeyedHash(key);
        keyed._hash.AppendData(text);
        keyed._hash.GetHashAndReset(hash);
    }
}
