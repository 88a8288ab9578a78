using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace FlowQuota.Functions.Http;

/// <summary>Answers requests that match no other function, so that a wrong path or method gets the envelope too.</summary>
public sealed class FallbackFunction(FlowPipeline pipeline)
{
    /// <summary>
    /// The Functions host tries routes in the order of the functions' names, whatever their precedence, and takes the first
    /// that matches: this one matches everything, so its name must sort last.
    /// </summary>
    public const string Name = "ZzFallback";

    private static readonly Operation Answering = new(Name, Access.Anyone);

    /// <summary>404, or 405 when the path has other methods.</summary>
    [Function(Name)]
    public Task<IResult> Answer(
        [HttpTrigger(AuthorizationLevel.Anonymous, Route = "{*path}")] HttpRequest request) =>
        pipeline.RunAsync(request, Answering, flow => Task.FromResult<IResult>(
            RouteTable.MethodsOf(request.Path) is { Count: > 0 } methods
                ? new ProblemResult(flow, ErrorType.MethodNotAllowed, $"This path allows only {string.Join(", ", methods)}.")
                {
                    Allow = string.Join(", ", methods),
                }
                : NoSuchPath(flow)));

    /// <summary>404 for a path that does not exist.</summary>
    internal static ProblemResult NoSuchPath(FlowRequest flow) =>
        new(flow, ErrorType.NotFound, "No such path.");
}
