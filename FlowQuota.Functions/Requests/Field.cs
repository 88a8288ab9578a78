namespace FlowQuota.Functions.Requests;

/// <summary>
/// A value that a request may have in its body or its query. Requests are read by it, and the OpenAPI document describes it.
/// </summary>
/// <param name="Name">Its name.</param>
/// <param name="Description">What it is for, with unit and default, for the document.</param>
internal abstract record Field(string Name, string Description)
{
    /// <summary>True if a request without it is refused.</summary>
    public bool IsRequired { get; init; }

    /// <summary>A value for the document, as JSON; null = none.</summary>
    public string? Example { get; init; }
}
