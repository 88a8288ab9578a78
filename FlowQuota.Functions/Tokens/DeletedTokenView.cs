namespace FlowQuota.Functions.Tokens;

/// <summary>Says which token was deleted.</summary>
internal sealed record DeletedTokenView(string TokenId);
