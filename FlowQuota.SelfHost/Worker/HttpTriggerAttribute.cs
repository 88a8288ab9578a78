namespace Microsoft.Azure.Functions.Worker;

/// <summary>Stands in for the worker's type: the function answers HTTP requests.</summary>
/// <param name="authLevel">The key that the host requires.</param>
/// <param name="methods">HTTP methods; none = all.</param>
[AttributeUsage(AttributeTargets.Parameter)]
public sealed class HttpTriggerAttribute(AuthorizationLevel authLevel, params string[] methods) : Attribute
{
    /// <summary>The key that the host requires.</summary>
    public AuthorizationLevel AuthLevel { get; } = authLevel;

    /// <summary>HTTP methods in any case; null = all.</summary>
    public string[]? Methods { get; } = methods.Length > 0 ? methods : null;

    /// <summary>Route template; null = the function's name.</summary>
    public string? Route { get; set; }
}
