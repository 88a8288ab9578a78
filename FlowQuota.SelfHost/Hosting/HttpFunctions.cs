using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace FlowQuota.SelfHost.Hosting;

/// <summary>Maps the HTTP-triggered functions on Kestrel, under the routes of their attributes.</summary>
internal static class HttpFunctions
{
    public static void MapHttpFunctions(this IEndpointRouteBuilder endpoints)
    {
        foreach (var (method, name, trigger) in FunctionCatalog.Http)
        {
            string pattern = "/" + (trigger.Route ?? name);
            // Fails for a function with any other parameter, because the Functions host would bind it from the caller's input.
            var answer = method.CreateDelegate<Func<HttpRequest, Task<IResult>>>(endpoints.ServiceProvider.GetRequiredService(method.DeclaringType!));
            async Task HandleAsync(HttpContext context) => await (await answer(context.Request)).ExecuteAsync(context);

            var endpoint = trigger.Methods is { } methods
                ? endpoints.MapMethods(pattern, methods.Select(word => word.ToUpperInvariant()), HandleAsync)
                : endpoints.Map(pattern, HandleAsync);
            endpoint.WithDisplayName(name);
        }
    }
}
