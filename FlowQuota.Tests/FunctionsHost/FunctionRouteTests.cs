using System.Text.RegularExpressions;
using FlowQuota.Functions.Http;
using FlowQuota.SelfHost.Hosting;
using FlowQuota.Tests.Servers;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing.Template;
using Microsoft.Azure.Functions.Worker;
using Xunit;

namespace FlowQuota.Tests.FunctionsHost;

/// <summary>
/// Protects the endpoints on the real Functions host, which has a routing of its own: functions in the order of their names,
/// without regard to case, and the first whose route and method match. A literal does not win over a parameter or a catch-all.
/// </summary>
public sealed partial class FunctionRouteTests
{
    public static IEnumerable<object[]> Documented() =>
        TableRoutes().Concat(HttpFileRoutes()).Distinct().Select(route => new object[] { route.Method, route.Path });

    /// <summary>Those of them that answer in the envelope.</summary>
    public static IEnumerable<object[]> DocumentedApi() => Documented().Where(route => !((string)route[1]).StartsWith("/console", StringComparison.Ordinal));

    [Theory]
    [MemberData(nameof(Documented))]
    public void A_documented_path_reaches_its_own_function_by_the_hosts_rule(string method, string path)
    {
        var own = FunctionCatalog.Http.Where(function => function.Name != FallbackFunction.Name && Matches(function.Trigger, method, path));

        Assert.Equal(Assert.Single(own).Name, Resolve(method, path));
    }

    [Fact]
    public void Every_function_is_documented_and_reached()
    {
        var reached = Documented().Select(route => Resolve((string)route[0], (string)route[1])).Append(Resolve("GET", "/no/such/path"));

        Assert.Equal(FunctionCatalog.Http.Select(function => function.Name).Order(), reached.Distinct().Order());
    }

    [Fact]
    public void No_HTTP_function_takes_a_parameter_that_the_host_would_bind_from_what_callers_send() =>
        Assert.All(FunctionCatalog.Http, function =>
            Assert.Equal(typeof(HttpRequest), Assert.Single(function.Method.GetParameters()).ParameterType));

    private static string Resolve(string method, string path) => FunctionCatalog.Http
        .OrderBy(function => function.Name, StringComparer.OrdinalIgnoreCase)
        .First(function => Matches(function.Trigger, method, path)).Name;

    private static bool Matches(HttpTriggerAttribute trigger, string method, string path) =>
        trigger.Methods?.Contains(method, StringComparer.OrdinalIgnoreCase) != false
        && new TemplateMatcher(TemplateParser.Parse(trigger.Route!), []).TryMatch(path, []);

    /// <summary>The rows of the tables in the README and docs/api.md, <c>| `GET /a`, `POST /b` | who | what |</c>.</summary>
    private static IEnumerable<(string Method, string Path)> TableRoutes() =>
        from page in new[] { "README.md", "docs/api.md" }
        from line in File.ReadLines(Repository.PathOf(page))
        where line.StartsWith("| `", StringComparison.Ordinal)
        from Match route in TableRoute().Matches(line.Split('|')[1])
        select (route.Groups[1].Value, route.Groups[2].Value.Replace("{token}", "flow_id", StringComparison.Ordinal).Replace("{reservation_id}", "res_id", StringComparison.Ordinal));

    /// <summary>The requests of the .http file, without their queries.</summary>
    private static IEnumerable<(string Method, string Path)> HttpFileRoutes() =>
        from line in File.ReadLines(Repository.PathOf("FlowQuota.http"))
        let request = FileRequest().Match(line)
        where request.Success
        select (request.Groups[1].Value, request.Groups[2].Value.Replace("{{id}}", "flow_id", StringComparison.Ordinal));

    [GeneratedRegex("`([A-Z]+) (/[^`]*)`")]
    private static partial Regex TableRoute();

    [GeneratedRegex(@"^([A-Z]+) \{\{url\}\}(/[^? ]*)")]
    private static partial Regex FileRequest();
}
