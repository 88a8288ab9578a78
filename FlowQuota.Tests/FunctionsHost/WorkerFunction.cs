using System.Text.Json;
using FlowQuota.Tests.FunctionsHost.Protocol;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Template;

namespace FlowQuota.Tests.FunctionsHost;

/// <summary>A function as the worker describes it to its host.</summary>
/// <param name="Name">Its name; the host orders routes by it.</param>
/// <param name="Id">The id that invocations use.</param>
/// <param name="Trigger">The trigger's binding: its type, the parameter's name, and the route, queue or schedule.</param>
internal sealed record WorkerFunction(string Name, string Id, JsonElement Trigger)
{
    /// <summary>Such as <c>httpTrigger</c>.</summary>
    public string Type => Text("type")!;

    /// <summary>The name of the parameter that receives the trigger's data.</summary>
    public string Parameter => Text("name")!;

    /// <summary>Reads the worker's description.</summary>
    public static WorkerFunction Of(RpcFunctionMetadata metadata) => new(metadata.Name, metadata.FunctionId,
        metadata.RawBindings.Select(binding => JsonSerializer.Deserialize<JsonElement>(binding))
            .Single(binding => binding.GetProperty("type").GetString()!.EndsWith("Trigger", StringComparison.Ordinal)));

    /// <summary>A property of the trigger; null when it is not there.</summary>
    public string? Text(string property) => Trigger.TryGetProperty(property, out var value) ? value.GetString() : null;

    /// <summary>The values of the route's parameters; null if the function does not serve this request.</summary>
    public RouteValueDictionary? Match(string method, string path)
    {
        RouteValueDictionary values = [];
        bool isMethod = !Trigger.TryGetProperty("methods", out var methods)
            || methods.EnumerateArray().Any(name => method.Equals(name.GetString(), StringComparison.OrdinalIgnoreCase));
        return isMethod && new TemplateMatcher(TemplateParser.Parse(Text("route")!), []).TryMatch(path, values) ? values : null;
    }
}
