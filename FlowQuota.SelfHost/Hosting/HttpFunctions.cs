using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace FlowQuota.SelfHost.Hosting;

/// <summary>Puts the HTTP-triggered functions onto Kestrel, under the routes that their attributes say.</summary>
internal static class HttpFunctions
{
    public static void MapHttpFunctions(this IEndpointRouteBuilder endpoints)
    {
        foreach (var (method, name, trigger) in FunctionCatalog.Http)
        {
            string pattern = "/" + (trigger.Route ?? name);
            // Fails for a function with another parameter than its request, which the Functions host would bind from what callers send.
            var answer = method.CreateDelegate<Func<HttpRequest, Task<IResult>>>(endpoints.ServiceProvider.GetRequiredService(method.DeclaringType!));
            async Task HandleAsync(HttpContext context) => await (await answer(context.Request)).ExecuteAsync(context);

            var endpoint = trigger.Methods is { } methods
                ? endpoints.MapMethods(pattern, methods.Select(word => word.ToUpperInvariant()), HandleAsync)
                : endpoints.Map(pattern, HandleAsync);
            endpoint.WithDisplayName(name);
        }
    }
}
