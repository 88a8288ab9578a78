using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace FlowQuota.Tokens;

/// <summary>
/// Makes and reads tokens (contract, section 3): <c>flow_&lt;id&gt;_&lt;secret&gt;</c>, where the id is 80 random bits and
/// a 40-bit MAC over them, and the secret 200 random bits. A made-up id is refused without any I/O.
/// </summary>
/// <param name="pepper">The secret <c>TOKEN_PEPPER</c>; tokens made under another pepper are refused.</param>
public sealed class TokenCodec(string pepper)
{
    private const string Prefix = "flow_";
    private const int RandomCharacters = 16;
    private const int MacCharacters = 8;
    private const int IdLength = 5 + RandomCharacters + MacCharacters;
    private const int SecretCharacters = 40;
    private const int FullLength = IdLength + 1 + SecretCharacters;

    private readonly byte[] _key = Encoding.UTF8.GetBytes(pepper);

    /// <summary>Makes a new token from fresh random bits.</summary>
    public MintedToken Mint()
    {
        Span<byte> bits = stackalloc byte[35];
        RandomNumberGenerator.Fill(bits);
        Span<char> id = stackalloc char[IdLength];
        Prefix.CopyTo(id);
        Base32.Encode(bits[..10], id[Prefix.Length..]);
        Mac(id[..^MacCharacters], id[^MacCharacters..]);
        Span<char> secret = stackalloc char[SecretCharacters];
        Base32.Encode(bits[10..], secret);
        byte[] hash = new byte[HMACSHA256.HashSizeInBytes];
        Hash(secret, hash);
        return new MintedToken(new string(id), $"{id}_{secret}", hash);
    }

    /// <summary>Reads a full token; null where it is malformed or its id carries a wrong MAC.</summary>
    public PresentedToken? Read(string? fullToken)
    {
        if (fullToken is not { Length: FullLength } || fullToken[IdLength] != '_')
            return null;

        string tokenId = fullToken[..IdLength];
        var secret = fullToken.AsSpan(IdLength + 1);
        if (!IsGenuine(tokenId) || !Base32.IsValid(secret))
            return null;

        Span<byte> hash = stackalloc byte[HMACSHA256.HashSizeInBytes];
        Hash(secret, hash);
        return new PresentedToken(tokenId, Convert.ToHexStringLower(hash));
    }

    /// <summary>Takes a full token or a public id and gives the public id; null where it is malformed or forged.</summary>
    public string? ReadId(string? tokenOrId)
    {
        if (tokenOrId is { Length: IdLength })
            return IsGenuine(tokenOrId) ? tokenOrId : null;
        return Read(tokenOrId)?.TokenId;
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

    /// <summary>HMAC-SHA256 with the pepper, of ASCII text that is at most a secret long.</summary>
    private void Hash(ReadOnlySpan<char> text, Span<byte> hash)
    {
        Span<byte> ascii = stackalloc byte[SecretCharacters];
        int length = Encoding.ASCII.GetBytes(text, ascii);
        HMACSHA256.HashData(_key, ascii[..length], hash);
    }
}
