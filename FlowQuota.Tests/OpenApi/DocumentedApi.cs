using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using FlowQuota.Tests.Servers;
using Json.Schema;

namespace FlowQuota.Tests.OpenApi;

/// <summary>The API as docs/openapi.json describes it.</summary>
internal static class DocumentedApi
{
    private static readonly JsonObject Document = JsonNode.Parse(File.ReadAllText(Repository.PathOf("docs/openapi.json")))!.AsObject();

    // Literal paths before those with parameters.
    private static readonly (Regex Path, JsonObject Operations)[] Paths =
    [
        .. Document["paths"]!.AsObject()
            .OrderBy(path => path.Key.Count(letter => letter == '{'))
            .Select(path => (new Regex("^" + Regex.Replace(path.Key, @"\{path\}", ".+").Replace("{", "(?<", StringComparison.Ordinal).Replace("}", ">[^/]+)", StringComparison.Ordinal) + "$", RegexOptions.IgnoreCase), path.Value!.AsObject())),
    ];

    private const string ComponentsUri = "https://flowquota.invalid/components";

    private static readonly BuildOptions WithComponents = new() { SchemaRegistry = RegisterComponents() };

    private static readonly ConcurrentDictionary<JsonNode, JsonSchema> Schemas = new();

    /// <summary>Compares an exchange with the document.</summary>
    /// <returns>What the document says otherwise; null if it says the same, or has no such operation.</returns>
    public static string? Compare(Exchange exchange)
    {
        if (!Uri.TryCreate(new Uri("http://flowquota"), exchange.Target, out var target) || Find(exchange.Method, target.AbsolutePath) is not { } operation)
            return null;
        string name = $"{exchange.Method} {exchange.Target} -> {exchange.Status}";
        if (Resolved(operation["responses"]![exchange.Status.ToString(CultureInfo.InvariantCulture)]) is not { } response)
            return $"{name}: no such status";
        if (exchange.Method != "HEAD" && CompareBody(exchange, response["content"]?.AsObject()) is { } wrong)
            return $"{name}: {wrong}: {Encoding.UTF8.GetString(exchange.Received.Span)}";
        // What the document forbids must be refused; what it allows may be refused for other reasons.
        return exchange.Status == 200 && CompareRequest(exchange, target, operation) is { } refused ? $"{name}: {refused}" : null;
    }

    /// <summary>The differences between a value and a schema of the document; null = none.</summary>
    public static string? Differences(JsonNode schema, JsonElement value)
    {
        var known = Schemas.GetOrAdd(schema, Build);
        if (known.Evaluate(value).IsValid)
            return null;
        var results = known.Evaluate(value, new EvaluationOptions { OutputFormat = OutputFormat.List });
        return string.Join("; ", (results.Details ?? []).Append(results).Where(detail => detail.Errors is { Count: > 0 })
            .Select(detail => $"{detail.InstanceLocation} {string.Join(", ", detail.Errors!.Values)}"));
    }

    // Responses of failures are components.
    private static JsonNode? Resolved(JsonNode? node) => (string?)node?["$ref"] is { } reference
        ? reference.Split('/').Skip(1).Aggregate((JsonNode?)Document, (parent, name) => parent![name])
        : node;

    private static JsonObject? Find(string method, string path)
    {
        string name = method == "HEAD" ? "get" : method.ToLowerInvariant();
        return Paths.Where(known => known.Path.IsMatch(path)).Select(known => known.Operations[name]?.AsObject()).FirstOrDefault(operation => operation is not null);
    }

    private static string? CompareBody(Exchange exchange, JsonObject? contents)
    {
        if (contents is null)
            return exchange.Received.Length == 0 ? null : "the body must be empty";
        if (exchange.ContentType is null || contents[exchange.ContentType]?["schema"] is not { } schema)
            return $"no such media type: {exchange.ContentType}";
        return exchange.ContentType.EndsWith("json", StringComparison.Ordinal) && !exchange.ContentType.EndsWith("ndjson", StringComparison.Ordinal)
            ? Differences(schema, JsonElement.Parse(exchange.Received.Span))
            : null;
    }

    private static string? CompareRequest(Exchange exchange, Uri target, JsonObject operation)
    {
        if (operation["requestBody"]?["content"]?["application/json"]?["schema"] is { } schema && exchange.Sent is { } sent && Differences(schema, sent) is { } wrong)
            return $"the body should have been refused: {wrong}";
        var parameters = operation["parameters"]!.AsArray().Where(parameter => (string?)parameter!["in"] == "query").ToDictionary(parameter => (string)parameter!["name"]!);
        if (parameters.Count == 0 && (operation["security"]?.AsArray().Count ?? 0) == 0)
            return null;
        foreach (var (name, values) in Microsoft.AspNetCore.WebUtilities.QueryHelpers.ParseQuery(target.Query))
        {
            if (!parameters.TryGetValue(name, out var parameter))
                return $"the parameter {name} should have been refused";
            var type = parameter!["schema"]!;
            foreach (string? value in values)
            {
                if (Differences(type["items"] ?? type, Typed(type, value!)) is { } difference)
                    return $"the parameter {name} should have been refused: {difference}";
            }
        }

        return null;
    }

    private static JsonElement Typed(JsonNode schema, string value) => (string?)schema["type"] switch
    {
        // 01 is 1 in a query, and no JSON.
        "integer" when long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out long number) => JsonSerializer.SerializeToElement(number),
        "boolean" when bool.TryParse(value, out bool flag) => JsonSerializer.SerializeToElement(flag),
        _ => JsonSerializer.SerializeToElement(value),
    };

    private static JsonSchema Build(JsonNode schema) => JsonSchema.FromText(Absolute(schema), WithComponents);

    // References to components become references to the schema that has them all.
    private static string Absolute(JsonNode schema) =>
        schema.ToJsonString().Replace("#/components/schemas/", $"{ComponentsUri}#/$defs/", StringComparison.Ordinal);

    private static SchemaRegistry RegisterComponents()
    {
        var registry = new SchemaRegistry();
        registry.Register(JsonSchema.FromText(
            Absolute(new JsonObject { ["$id"] = ComponentsUri, ["$defs"] = Document["components"]!["schemas"]!.DeepClone() }),
            new BuildOptions { SchemaRegistry = registry }));
        return registry;
    }
}
