namespace FlowQuota.Functions.Tokens;

/// <summary>Names the token that was deleted.</summary>
internal sealed record DeletedTokenView(string TokenId);
