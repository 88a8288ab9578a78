using System.Text.Json.Serialization;

namespace FlowQuota.Client.Transport;

/// <summary>The <c>error</c> of a response.</summary>
internal sealed record ErrorBody
{
    public required string Type { get; init; }

    public required string Message { get; init; }

    /// <summary>Where code threw; null if none did.</summary>
    public string? Stack { get; init; }

    /// <summary>Units that reservations hold.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int ReservedQuota { get; init; }
}
