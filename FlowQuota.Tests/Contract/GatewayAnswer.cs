using System.Text.Json;

namespace FlowQuota.Tests.Contract;

/// <summary>A response as a gateway, or its client, reads it: status, headers and text.</summary>
/// <param name="Status">HTTP status.</param>
/// <param name="Text">The whole body.</param>
/// <param name="Headers">All headers, several of a name joined.</param>
public sealed record GatewayAnswer(int Status, string Text, IReadOnlyDictionary<string, string> Headers)
{
    public string? ErrorType => Error("type");

    public string? ErrorMessage => Error("message");

    public static async Task<GatewayAnswer> ReadAsync(HttpClient client, HttpRequestMessage request)
    {
        using (request)
        {
            using var response = await client.SendAsync(request);
            return new GatewayAnswer((int)response.StatusCode, await response.Content.ReadAsStringAsync(),
                response.Headers.Concat(response.Content.Headers).ToDictionary(
                    header => header.Key, header => string.Join(", ", header.Value), StringComparer.OrdinalIgnoreCase));
        }
    }

    public string? Header(string name) => Headers.GetValueOrDefault(name);

    private string? Error(string field) =>
        Text.StartsWith('{') ? JsonDocument.Parse(Text).RootElement.GetProperty("error").GetProperty(field).GetString() : null;
}
