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
        string unsigned = Prefix + Base32.Encode(bits[..10]);
        string tokenId = unsigned + Mac(unsigned);
        string secret = Base32.Encode(bits[10..]);
        return new MintedToken(tokenId, $"{tokenId}_{secret}", HashSecret(secret));
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
        HashSecret(secret, hash);
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
        return tokenId.StartsWith(Prefix, StringComparison.Ordinal)
            && Base32.IsValid(tokenId.AsSpan(Prefix.Length))
            && CryptographicOperations.FixedTimeEquals(
                Encoding.ASCII.GetBytes(Mac(tokenId[..signed])), Encoding.ASCII.GetBytes(tokenId[signed..]));
    }

    private string Mac(string unsigned)
    {
        Span<byte> mac = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(_key, Encoding.ASCII.GetBytes(unsigned), mac);
        return Base32.Encode(mac[..(MacCharacters * 5 / 8)]);
    }

    private byte[] HashSecret(string secret)
    {
        byte[] hash = new byte[HMACSHA256.HashSizeInBytes];
        HashSecret(secret, hash);
        return hash;
    }

    private void HashSecret(ReadOnlySpan<char> secret, Span<byte> hash)
    {
        Span<byte> ascii = stackalloc byte[SecretCharacters];
        int length = Encoding.ASCII.GetBytes(secret, ascii);
        HMACSHA256.HashData(_key, ascii[..length], hash);
    }
}
