using System.Text;
using System.Text.Json;
using FlowQuota.Tests.Apps;

namespace FlowQuota.Tests.Fuzzing;

/// <summary>A response, as received.</summary>
/// <param name="Status">HTTP status.</param>
/// <param name="Headers">All headers, in order.</param>
/// <param name="Body">The body without its chunks.</param>
public sealed record RawAnswer(int Status, IReadOnlyList<(string Name, string Value)> Headers, byte[] Body)
{
    public string Text => Encoding.UTF8.GetString(Body);

    /// <summary>True for a response of the server itself, sent before our code ran: a status and nothing else.</summary>
    public bool IsBare => Body.Length == 0 && Values("X-Request-ID").Count == 0;

    public IReadOnlyList<string> Values(string name) =>
        [.. Headers.Where(header => string.Equals(header.Name, name, StringComparison.OrdinalIgnoreCase)).Select(header => header.Value)];

    /// <summary>The same as the clients of the other tests see it.</summary>
    public TestAnswer Parse() => new(Status, JsonSerializer.Deserialize<JsonElement>(Body),
        Headers.GroupBy(header => header.Name, StringComparer.OrdinalIgnoreCase)
            .ToDictionary(group => group.Key, group => string.Join(", ", group.Select(header => header.Value)), StringComparer.OrdinalIgnoreCase));
}
