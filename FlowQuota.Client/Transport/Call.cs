namespace FlowQuota.Client.Transport;

/// <summary>A call of the API. Each of its tries is the same request.</summary>
/// <param name="Method">The HTTP method.</param>
/// <param name="Path">Path and query, relative to FlowQuota's address.</param>
/// <param name="Token">The credential.</param>
internal sealed record Call(HttpMethod Method, string Path, string Token)
{
    /// <summary>The id of the request.</summary>
    public string RequestId { get; init; } = ApiText.NewId();

    /// <summary>The body, JSON; null = none.</summary>
    public byte[]? Body { get; init; }

    /// <summary>The key under which it is charged once; null = it takes nothing.</summary>
    public string? IdempotencyKey { get; init; }
}
