using System.Net.Mime;
using System.Text.Json.Serialization.Metadata;

namespace FlowQuota.Functions.Http;

/// <summary>The body of a success.</summary>
/// <param name="Type">The type of its content; null = it is empty.</param>
/// <param name="Description">What it is, in a sentence for the OpenAPI document.</param>
internal sealed record ResponseContent(JsonTypeInfo? Type, string Description)
{
    /// <summary>The other type that its content may have, if the query asks for it; null = none.</summary>
    public JsonTypeInfo? OtherType { get; init; }

    /// <summary>True if the content is <c>data</c> of the envelope; false if it is the whole body, or a line of it.</summary>
    public bool IsInEnvelope { get; init; } = true;

    /// <summary>The media types among which the query chooses.</summary>
    public IReadOnlyList<string> MediaTypes { get; init; } = [MediaTypeNames.Application.Json];
}
