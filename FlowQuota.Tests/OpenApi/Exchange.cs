using System.Text.Json;

namespace FlowQuota.Tests.OpenApi;

/// <summary>A request and its response, as they went over the wire.</summary>
/// <param name="Method">HTTP method.</param>
/// <param name="Target">Path and query.</param>
/// <param name="Sent">The JSON that was sent; null = none, or something else.</param>
/// <param name="Status">HTTP status.</param>
/// <param name="ContentType">The media type of the response, without parameters; null = none.</param>
/// <param name="Received">The body of the response.</param>
internal sealed record Exchange(string Method, string Target, JsonElement? Sent, int Status, string? ContentType, ReadOnlyMemory<byte> Received)
{
    /// <summary>Reads JSON; null for any other text, and for names that a document cannot have.</summary>
    public static JsonElement? TryParse(ReadOnlySpan<byte> text)
    {
        try
        {
            return JsonElement.Parse(text, new JsonDocumentOptions { AllowDuplicateProperties = false });
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return null;
        }
    }
}
