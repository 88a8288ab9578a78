using System.Text.Json;

namespace FlowQuota.Tests.Apps;

/// <summary>An answer of the API.</summary>
/// <param name="Status">HTTP status.</param>
/// <param name="Body">The whole envelope.</param>
/// <param name="Headers">All headers, several of a name joined.</param>
public sealed record TestAnswer(int Status, JsonElement Body, IReadOnlyDictionary<string, string> Headers)
{
    public JsonElement Data => Body.GetProperty("data");

    public string? ErrorType => Body.TryGetProperty("error", out var error) ? error.GetProperty("type").GetString() : null;

    public string? ErrorMessage => Body.TryGetProperty("error", out var error) ? error.GetProperty("message").GetString() : null;
}
