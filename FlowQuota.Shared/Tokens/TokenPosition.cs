namespace FlowQuota.Tokens;

/// <summary>A place in a list of tokens: behind one token.</summary>
/// <param name="Value">What the list is sorted by: a time, a text or a whole number; null = the token has none, or the order is that of creation.</param>
/// <param name="Row">The token's row number.</param>
public sealed record TokenPosition(object? Value, long Row);
