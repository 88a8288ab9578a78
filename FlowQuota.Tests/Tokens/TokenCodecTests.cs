using System.Security.Cryptography;
using System.Text;
using FlowQuota.Tokens;
using Xunit;

namespace FlowQuota.Tests.Tokens;

/// <summary>Protects the token format: only tokens that were made here can be read.</summary>
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

    private const string Legacy = "flow_0123456789abcdef0123456789abcdef0123456789ABCDEF0123456789abcdef";

    [Fact]
    public void A_legacy_token_is_given_an_id_that_follows_from_it_and_the_pepper()
    {
        var codec = new TokenCodec(Pepper, acceptsLegacy: true);

        var read = codec.Read(Legacy)!;

        Assert.Matches("^flow_[0-9a-z]{24}$", read.TokenId);
        Assert.Equal(read.TokenId, _codec.ReadId(read.TokenId));
        Assert.Equal(read.TokenId, codec.ReadId(Legacy));
        Assert.True(read.IsLegacy);
        Assert.Equal(read, codec.Read(Legacy));
        Assert.Equal(read, codec.Read("flow_" + Legacy[5..].ToUpperInvariant()));
        Assert.Equal(read, _codec.ReadLegacy(Legacy));
        string secretHash = Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(Pepper), Encoding.ASCII.GetBytes(Legacy.ToLowerInvariant())));
        Assert.Equal(secretHash, read.SecretHash);
        var underAnother = new TokenCodec("another-pepper-of-at-least-32-char", acceptsLegacy: true).Read(Legacy)!;
        Assert.NotEqual(read.TokenId, underAnother.TokenId);
        Assert.NotEqual(read.SecretHash, underAnother.SecretHash);
    }

    [Fact]
    public void Nothing_of_a_legacy_tokens_id_is_in_its_secrets_hash_or_in_the_token()
    {
        var read = _codec.ReadLegacy(Legacy)!;
        var next = _codec.ReadLegacy(Legacy[..^1] + "0")!;

        Assert.DoesNotContain(read.TokenId[5..15], Legacy, StringComparison.Ordinal);
        // One digit more or less makes another token altogether.
        Assert.NotEqual(read.TokenId[..10], next.TokenId[..10]);
        Assert.NotEqual(read.SecretHash[..10], next.SecretHash[..10]);
    }

    [Fact]
    public void Where_legacy_tokens_are_not_taken_one_is_malformed() => Assert.Null(_codec.Read(Legacy) ?? (object?)_codec.ReadId(Legacy));

    [Theory]
    [InlineData("flow_0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcde")]
    [InlineData("flow_0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0")]
    [InlineData("flow_0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdeg")]
    [InlineData("Flow_0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef")]
    [InlineData("flow_0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcd\u0130f")]
    [InlineData("flow_0123456789abcdef0123456789abcdef_0123456789abcdef0123456789abcde")]
    [InlineData("flow_ 123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef")]
    public void What_is_not_quite_a_legacy_token_is_refused(string token)
    {
        Assert.Null(_codec.ReadLegacy(token));
        Assert.Null(new TokenCodec(Pepper, acceptsLegacy: true).Read(token));
    }

    [Fact]
    public void Tokens_of_our_own_are_read_alike_where_legacy_tokens_are_taken()
    {
        string full = _codec.Mint().FullToken;

        Assert.Equal(_codec.Read(full), new TokenCodec(Pepper, acceptsLegacy: true).Read(full));
    }
}
