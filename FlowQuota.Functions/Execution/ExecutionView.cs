using System.Text.Json;
using System.Text.Json.Serialization;
using FlowQuota.Functions.Quotas;

namespace FlowQuota.Functions.Execution;

/// <summary>Describes the success that <see cref="ExecutionAnswer"/> writes, for the OpenAPI document.</summary>
/// <param name="Success">Always true.</param>
/// <param name="Result">What the code returned; null if it returned nothing.</param>
/// <param name="Logs">What the code wrote to the console, a text for each line.</param>
/// <param name="Quota">What is left after the call; null for a token of type <c>time</c>.</param>
/// <param name="Timing">How long it took.</param>
internal sealed record ExecutionView(bool Success, JsonElement? Result, IReadOnlyList<string> Logs, ConsumedView? Quota, ExecutionView.Times Timing)
{
    /// <summary>True for a repeat whose result and logs were too large to be kept; left out otherwise.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool ResultOmitted { get; init; }

    /// <summary>Times of a call, in whole milliseconds.</summary>
    /// <param name="ExecutionTime">How long the code ran.</param>
    /// <param name="TotalTime">How long the request took in the service.</param>
    internal sealed record Times([property: JsonPropertyName("executionTime")] long ExecutionTime, [property: JsonPropertyName("totalTime")] long TotalTime);
}
