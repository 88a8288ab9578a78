namespace FlowQuota.Functions.Tokens;

/// <summary>Names the token that was deleted.</summary>
/// <param name="TokenId">Its public id.</param>
internal sealed record DeletedTokenView(string TokenId);
