using System.Reflection;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Template;
using Microsoft.Azure.Functions.Worker;

namespace FlowQuota.Functions.Http;

/// <summary>The routes, from the attributes of the functions.</summary>
internal static class RouteTable
{
    private static readonly List<(TemplateMatcher Matcher, string[] Methods)> Routes = [.. Read()];

    /// <summary>The methods that a path has; empty if the path does not exist.</summary>
    public static IReadOnlyList<string> MethodsOf(PathString path) =>
        [.. Routes.Where(route => route.Matcher.TryMatch(path, new RouteValueDictionary())).SelectMany(route => route.Methods).Distinct().Order()];

    private static IEnumerable<(TemplateMatcher, string[])> Read() =>
        from type in Assembly.GetExecutingAssembly().GetTypes()
        from method in type.GetMethods(BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly)
        from parameter in method.GetParameters()
        let trigger = parameter.GetCustomAttribute<HttpTriggerAttribute>()
        where trigger is { Route: not null, Methods: not null }
        select (new TemplateMatcher(TemplateParser.Parse(trigger.Route!), new RouteValueDictionary()),
            trigger.Methods!.Select(name => name.ToUpperInvariant()).ToArray());
}
