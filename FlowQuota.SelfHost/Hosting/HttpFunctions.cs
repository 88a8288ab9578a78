using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Patterns;
using Microsoft.Extensions.DependencyInjection;

namespace FlowQuota.SelfHost.Hosting;

/// <summary>Puts the HTTP-triggered functions onto Kestrel, under the routes that their attributes say.</summary>
internal static class HttpFunctions
{
    public static void MapHttpFunctions(this IEndpointRouteBuilder endpoints)
    {
        foreach (var (method, name, trigger) in FunctionCatalog.Http)
        {
            var pattern = RoutePatternFactory.Parse("/" + (trigger.Route ?? name));
            object instance = endpoints.ServiceProvider.GetRequiredService(method.DeclaringType!);
            var request = RequestDelegateFactory.Create(method, _ => instance, new RequestDelegateFactoryOptions
            {
                ServiceProvider = endpoints.ServiceProvider,
                RouteParameterNames = pattern.Parameters.Select(parameter => parameter.Name),
            });
            var endpoint = trigger.Methods is { } methods
                ? endpoints.MapMethods(pattern.RawText!, methods.Select(word => word.ToUpperInvariant()), request.RequestDelegate)
                : endpoints.Map(pattern, request.RequestDelegate);
            endpoint.WithDisplayName(name);
        }
    }
}
