namespace FlowQuota.Functions.WebConsole;

/// <summary>What the browser may load and run: <c>Content-Security-Policy</c>.</summary>
internal static class ContentPolicies
{
    /// <summary>For the console.</summary>
    // trusted-types makes innerHTML and the like throw.
    public const string Console = $"default-src 'self'; {Everywhere}; trusted-types 'none'";

    /// <summary>For the reference of the API.</summary>
    // Redoc adds style elements: empty ones, which it fills by script, and one with a text that never changes. It has an image within itself.
    public const string Reference =
        "default-src 'self'; "
        + "style-src 'self' 'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=' 'sha256-QMIg+bpjm3JdElJ388KYke01izlUW0UoNOeKjpMxdgc='; "
        + $"img-src 'self' data:; {Everywhere}; trusted-types default";

    // form-action keeps a token out of the URL if the scripts do not load.
    private const string Everywhere =
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; object-src 'none'; require-trusted-types-for 'script'";
}
