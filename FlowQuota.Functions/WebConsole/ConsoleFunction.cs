using FlowQuota.Functions.Http;
using FlowQuota.Settings;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Net.Http.Headers;

namespace FlowQuota.Functions.WebConsole;

/// <summary>Serves the console: static files that call the API from the browser. They contain no secret, so anyone may read them.</summary>
public sealed class ConsoleFunction(FlowPipeline pipeline, ConsoleFiles files, FlowQuotaSettings settings)
{
    /// <summary>The function's name.</summary>
    public const string Name = "GetConsole";

    private static readonly Operation Getting = new(Name, Access.Anyone);

    private static readonly PathString Root = "/console";

    /// <summary>A file of the console; 404 for any other path, and for all of them if <c>CONSOLE_ENABLED</c> is false.</summary>
    [Function(Name)]
    public Task<IResult> Get(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "console/{*path}")] HttpRequest request) =>
        pipeline.RunAsync(request, Getting, flow => Task.FromResult(Answer(flow)));

    private IResult Answer(FlowRequest flow)
    {
        if (!settings.IsConsoleEnabled || !flow.Http.Path.StartsWithSegments(Root, out var path))
            return FallbackFunction.NoSuchPath(flow);
        // Relative, because a proxy may serve it under a path of its own; the files refer to each other relative to the slash.
        if (!path.HasValue)
            return WithHeaders(flow, TypedResults.Redirect("console/"), ContentPolicies.Console);
        if (files.Find(path.Value[1..]) is not { } file)
            return FallbackFunction.NoSuchPath(flow);
        return WithHeaders(flow, TypedResults.Bytes(file.Content, file.ContentType, entityTag: file.EntityTag), file.Policy);
    }

    private static IResult WithHeaders(FlowRequest flow, IResult answer, string policy)
    {
        var headers = flow.Http.HttpContext.Response.Headers;
        headers[RequestIds.Header] = flow.Id;
        headers.ContentSecurityPolicy = policy;
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "no-referrer";
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        headers[HeaderNames.XFrameOptions] = "DENY";
        // Revalidated each time (usually a 304), because an upgrade must not mix files of two versions.
        headers.CacheControl = "no-cache";
        return answer;
    }
}
