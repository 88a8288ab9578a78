using System.Text.Json;
using System.Text.Json.Serialization;

namespace FlowQuota.Client.Transport.Bodies;

/// <summary>What execute answers, beside the envelope. Only code that ran has logs.</summary>
internal sealed record ExecuteData
{
    /// <summary>What the code returned; undefined if it failed.</summary>
    public JsonElement Result { get; init; }

    public bool ResultOmitted { get; init; }

    public IReadOnlyList<string>? Logs { get; init; }

    public BalanceData? Quota { get; init; }

    public TimingData? Timing { get; init; }

    /// <param name="ExecutionTime">How long the code ran, in milliseconds.</param>
    internal sealed record TimingData([property: JsonPropertyName("executionTime")] long ExecutionTime);
}
