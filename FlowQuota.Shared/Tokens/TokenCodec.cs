using System.Buffers;
using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace FlowQuota.Tokens;

/// <summary>
/// Makes and reads tokens, <c>flow_&lt;id&gt;_&lt;secret&gt;</c>. The id has 80 random bits and a 40-bit MAC over them; the
/// secret has 200 random bits. An invented id is refused without any I/O.
/// </summary>
/// <remarks>
/// A token of the Go system, <c>flow_</c> and 64 hexadecimal digits, has no id in it. Its id is derived from it and the
/// pepper (docs/decisions/0010); everything else treats it like any other token.
/// </remarks>
/// <param name="pepper">The secret <c>TOKEN_PEPPER</c>; tokens made under another pepper are refused.</param>
/// <param name="acceptsLegacy">Whether <see cref="Read"/> takes tokens of the Go system (<c>LEGACY_TOKENS</c>).</param>
public sealed class TokenCodec(string pepper, bool acceptsLegacy = false)
{
    private const string Prefix = "flow_";
    private const int RandomCharacters = 16;
    private const int MacCharacters = 8;
    private const int IdLength = 5 + RandomCharacters + MacCharacters;
    private const int SecretCharacters = 40;
    private const int FullLength = IdLength + 1 + SecretCharacters;
    private const int LegacyDigits = 64;
    private const int LegacyLength = 5 + LegacyDigits;

    // The text hashed for the id of a legacy token is no secret, no id and no legacy token.
    private const string LegacyIdDomain = "legacy-id:";

    private static readonly SearchValues<char> Hexadecimal = SearchValues.Create("0123456789abcdefABCDEF");

    // Ids with a valid MAC; checking it is half the cost of reading a token. Invented ids are never stored here.
    private const int MaxGenuineIds = 50_000;

    private readonly ConcurrentDictionary<string, bool> _genuineIds = new(StringComparer.Ordinal);
    private readonly byte[] _key = Encoding.UTF8.GetBytes(pepper);

    /// <summary>Makes a new token from fresh random bits.</summary>
    public MintedToken Mint()
    {
        Span<byte> bits = stackalloc byte[RandomCharacters * 5 / 8];
        RandomNumberGenerator.Fill(bits);
        Span<char> id = stackalloc char[IdLength];
        Prefix.CopyTo(id);
        Base32.Encode(bits, id[Prefix.Length..]);
        Mac(id[..^MacCharacters], id[^MacCharacters..]);
        return MintSecret(new string(id));
    }

    /// <summary>Makes a new secret for a token from fresh random bits.</summary>
    /// <param name="tokenId">The public id, which stays. Also that of a legacy token, which is none any more with this secret.</param>
    public MintedToken MintSecret(string tokenId)
    {
        Span<byte> bits = stackalloc byte[SecretCharacters * 5 / 8];
        RandomNumberGenerator.Fill(bits);
        Span<char> secret = stackalloc char[SecretCharacters];
        Base32.Encode(bits, secret);
        byte[] hash = new byte[HMACSHA256.HashSizeInBytes];
        Hash(secret, hash);
        return new MintedToken(tokenId, $"{tokenId}_{secret}", hash);
    }

    /// <summary>Reads a full token; null if it is malformed or the MAC of its id is wrong.</summary>
    public PresentedToken? Read(string? fullToken)
    {
        if (acceptsLegacy && fullToken is { Length: LegacyLength })
            return ReadLegacy(fullToken);
        if (fullToken is not { Length: FullLength } || fullToken[IdLength] != '_')
            return null;

        string tokenId = fullToken[..IdLength];
        var secret = fullToken.AsSpan(IdLength + 1);
        if (!IsIssued(tokenId) || !Base32.IsValid(secret))
            return null;

        Span<byte> hash = stackalloc byte[HMACSHA256.HashSizeInBytes];
        Hash(secret, hash);
        return new PresentedToken(tokenId, Convert.ToHexStringLower(hash));
    }

    /// <summary>
    /// Reads a token of the Go system, whether or not <see cref="Read"/> accepts them; null if it is malformed. Its digits may
    /// be in either case, because that system ignored case.
    /// </summary>
    /// <param name="legacyToken">The token in plain text.</param>
    public PresentedToken? ReadLegacy(string? legacyToken)
    {
        if (legacyToken is not { Length: LegacyLength } || !legacyToken.StartsWith(Prefix, StringComparison.Ordinal)
            || legacyToken.AsSpan(Prefix.Length).ContainsAnyExcept(Hexadecimal))
        {
            return null;
        }

        Span<char> text = stackalloc char[LegacyIdDomain.Length + LegacyLength];
        LegacyIdDomain.CopyTo(text);
        var token = text[LegacyIdDomain.Length..];
        legacyToken.AsSpan().ToLowerInvariant(token);

        Span<byte> hash = stackalloc byte[HMACSHA256.HashSizeInBytes];
        Hash(text, hash);
        Span<char> id = stackalloc char[IdLength];
        Prefix.CopyTo(id);
        Base32.Encode(hash[..(RandomCharacters * 5 / 8)], id[Prefix.Length..]);
        Mac(id[..^MacCharacters], id[^MacCharacters..]);
        Hash(token, hash);
        return new PresentedToken(new string(id), Convert.ToHexStringLower(hash)) { IsLegacy = true };
    }

    /// <summary>Returns the public id of a full token or a public id; null if it is malformed or its MAC is wrong.</summary>
    public string? ReadId(string? tokenOrId)
    {
        if (tokenOrId is { Length: IdLength })
            return IsIssued(tokenOrId) ? tokenOrId : null;
        return Read(tokenOrId)?.TokenId;
    }

    private bool IsIssued(string tokenId)
    {
        if (_genuineIds.ContainsKey(tokenId))
            return true;
        if (!IsGenuine(tokenId))
            return false;
        if (_genuineIds.Count >= MaxGenuineIds)
            _genuineIds.Clear();
        _genuineIds.TryAdd(tokenId, true);
        return true;
    }

    private bool IsGenuine(string tokenId)
    {
        const int signed = IdLength - MacCharacters;
        if (!tokenId.StartsWith(Prefix, StringComparison.Ordinal) || !Base32.IsValid(tokenId.AsSpan(Prefix.Length)))
            return false;

        Span<char> mac = stackalloc char[MacCharacters];
        Mac(tokenId.AsSpan(0, signed), mac);
        return CryptographicOperations.FixedTimeEquals(
            MemoryMarshal.AsBytes<char>(mac), MemoryMarshal.AsBytes(tokenId.AsSpan(signed)));
    }

    private void Mac(ReadOnlySpan<char> unsigned, Span<char> mac)
    {
        Span<byte> hash = stackalloc byte[HMACSHA256.HashSizeInBytes];
        Hash(unsigned, hash);
        Base32.Encode(hash[..(MacCharacters * 5 / 8)], mac);
    }

    /// <summary>HMAC-SHA256 with the pepper, of ASCII text that is at most a legacy token with its domain long.</summary>
    private void Hash(ReadOnlySpan<char> text, Span<byte> hash)
    {
        Span<byte> ascii = stackalloc byte[LegacyIdDomain.Length + LegacyLength];
        int length = Encoding.ASCII.GetBytes(text, ascii);
        KeyedHash.Of(_key, ascii[..length], hash);
    }
}
