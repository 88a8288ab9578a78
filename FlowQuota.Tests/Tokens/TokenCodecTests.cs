using System.Security.Cryptography;
using System.Text;
using FlowQuota.Tokens;
using Xunit;

namespace FlowQuota.Tests.Tokens;

/// <summary>Protects the token format of the contract, section 3: what is made can be read, and nothing else.</summary>
public sealed class TokenCodecTests
{
    private const string Pepper = "a-pepper-of-at-least-32-characters";
    private readonly TokenCodec _codec = new(Pepper);

    [Fact]
    public void A_minted_token_is_read_back_with_its_id_and_its_secrets_hash()
    {
        var minted = _codec.Mint();

        var read = _codec.Read(minted.FullToken);

        Assert.Equal(new PresentedToken(minted.TokenId, Convert.ToHexStringLower(minted.SecretHash)), read);
        Assert.Matches("^flow_[0-9a-z]{24}$", minted.TokenId);
        Assert.Matches("^flow_[0-9a-z]{24}_[0-9a-z]{40}$", minted.FullToken);
    }

    [Fact]
    public void Only_the_keyed_hash_of_the_secret_is_stored()
    {
        var minted = _codec.Mint();
        string secret = minted.FullToken[(minted.TokenId.Length + 1)..];

        Assert.Equal(HMACSHA256.HashData(Encoding.UTF8.GetBytes(Pepper), Encoding.ASCII.GetBytes(secret)), minted.SecretHash);
    }

    [Fact]
    public void Every_single_changed_character_of_an_id_is_refused()
    {
        string id = _codec.Mint().TokenId;
        for (int i = 0; i < id.Length; i++)
        {
            char other = id[i] == 'a' ? 'b' : 'a';
            Assert.Null(_codec.ReadId(id[..i] + other + id[(i + 1)..]));
        }
    }

    [Fact]
    public void A_token_is_refused_when_it_is_cut_extended_in_upper_case_or_of_another_pepper()
    {
        string full = _codec.Mint().FullToken;

        Assert.Null(_codec.Read(null));
        Assert.Null(_codec.Read(""));
        Assert.Null(_codec.Read(full[..^1]));
        Assert.Null(_codec.Read(full + "0"));
        Assert.Null(_codec.Read(full.ToUpperInvariant()));
        Assert.Null(_codec.Read(full.Replace(full[^1], 'ü')));
        Assert.Null(new TokenCodec("another-pepper-of-at-least-32-char").Read(full));
    }

    [Fact]
    public void The_id_is_found_in_a_full_token_and_in_the_id_itself()
    {
        var minted = _codec.Mint();

        Assert.Equal(minted.TokenId, _codec.ReadId(minted.FullToken));
        Assert.Equal(minted.TokenId, _codec.ReadId(minted.TokenId));
        Assert.Null(_codec.ReadId("flow_"));
    }
}
