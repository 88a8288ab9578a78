using System.Text.Json.Serialization;
using FlowQuota.Client.Transport;

namespace FlowQuota.Client;

/// <summary>What became of one call of a batch.</summary>
[JsonConverter(typeof(SnakeCaseEnumConverter<BatchItemStatus>))]
public enum BatchItemStatus
{
    /// <summary>It was charged.</summary>
    Consumed,

    /// <summary>It was charged before, under its key.</summary>
    Repeated,

    /// <summary>It was refused.</summary>
    Refused,
}
