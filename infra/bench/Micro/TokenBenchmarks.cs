using BenchmarkDotNet.Attributes;
using FlowQuota.Tokens;

namespace FlowQuota.Micro;

/// <summary>The work of each call before Redis.</summary>
public class TokenBenchmarks
{
    private readonly TokenCodec _codec = new("a pepper of at least thirty-two characters");
    private string _token = "";
    private string _forged = "";

    /// <summary>Mints a token, and forges one by changing its MAC.</summary>
    [GlobalSetup]
    public void Mint()
    {
        var minted = _codec.Mint();
        _token = minted.FullToken;
        int lastOfMac = minted.TokenId.Length - 1;
        _forged = $"{_token[..lastOfMac]}{(_token[lastOfMac] == '2' ? '3' : '2')}{_token[(lastOfMac + 1)..]}";
    }

    /// <summary>Parse, check the MAC, hash the secret.</summary>
    [Benchmark]
    public PresentedToken? ReadToken() => _codec.Read(_token);

    /// <summary>Parse and refuse.</summary>
    [Benchmark]
    public PresentedToken? RefuseForgedToken() => _codec.Read(_forged);
}
