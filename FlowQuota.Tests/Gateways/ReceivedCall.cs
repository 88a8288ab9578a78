namespace FlowQuota.Tests.Gateways;

/// <summary>A call as the service behind a gateway received it.</summary>
/// <param name="Method">HTTP method.</param>
/// <param name="Target">Path and query.</param>
/// <param name="Headers">All headers, names in lower case, several values of one joined.</param>
/// <param name="Bytes">Length of the body.</param>
/// <param name="Digest">SHA-256 of the body, hexadecimal.</param>
public sealed record ReceivedCall(string Method, string Target, IReadOnlyDictionary<string, string> Headers, long Bytes, string Digest)
{
    /// <summary>The headers that FlowQuota sets for the service, and all that look like one.</summary>
    public IEnumerable<string> FlowQuotaHeaders =>
        Headers.Where(header => header.Key.Replace('_', '-').StartsWith("x-flowquota", StringComparison.Ordinal)).Select(header => $"{header.Key}: {header.Value}").Order();
}
