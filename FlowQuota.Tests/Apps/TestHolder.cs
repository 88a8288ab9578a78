using FlowQuota.Tokens;

namespace FlowQuota.Tests.Apps;

/// <summary>A token made for a test of the domain, and what its holder presents.</summary>
/// <param name="Token">The token as it was stored.</param>
/// <param name="Presented">What an admission is asked with.</param>
public sealed record TestHolder(AccessToken Token, PresentedToken Presented)
{
    public string Id => Token.TokenId;
}
