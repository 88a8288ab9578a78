namespace FlowQuota.Ledger;

/// <summary>The key that a caller sent with a request.</summary>
/// <param name="Scope">Names the caller's credential, without revealing it: the same key of another caller is another key.</param>
/// <param name="Text">The key.</param>
public sealed record IdempotencyKeyText(string Scope, string Text)
{
    /// <summary>The key of a request.</summary>
    /// <param name="route">Method and path without the token.</param>
    /// <param name="asked">The content of the request, as a text that is equal for equal requests.</param>
    public IdempotencyKey Of(string route, ReadOnlySpan<byte> asked) => IdempotencyKey.Of(route, $"{Scope}\n{Text}", asked) with { Text = Text };
}
