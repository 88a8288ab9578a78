using FlowQuota.Tokens;

namespace FlowQuota.Tests.Apps;

/// <summary>A token made for a test of the domain, and its parsed form.</summary>
/// <param name="Token">The token as it was stored.</param>
/// <param name="Presented">The token as an admission takes it.</param>
public sealed record TestHolder(AccessToken Token, PresentedToken Presented)
{
    public string Id => Token.TokenId;
}
