using System.Text.Json;
using System.Text.Json.Serialization;

namespace FlowQuota.Client.Transport;

/// <summary>A response as the API writes each of them.</summary>
internal sealed record Envelope
{
    public required bool Success { get; init; }

    /// <summary>The content of a success; undefined in a failure, and in what execute answers.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public JsonElement Data { get; init; }

    /// <summary>Why it failed; null for a success.</summary>
    public ErrorBody? Error { get; init; }

    public string? RequestId { get; init; }

    /// <summary>The first request under the same key; null if this is the first.</summary>
    public string? OriginalRequestId { get; init; }
}
