using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace FlowQuota.Functions.Http;

/// <summary>Answers requests that no other function does, so that a wrong path or method gets the envelope too.</summary>
public sealed class FallbackFunction(FlowPipeline pipeline)
{
    /// <summary>
    /// The Functions host tries routes in the order of the functions' names, whatever their precedence, and takes the first
    /// that matches: this one matches everything, so its name must sort last.
    /// </summary>
    public const string Name = "ZzFallback";

    /// <summary>404, or 405 when the path has other methods.</summary>
    [Function(Name)]
    public Task<IResult> Answer(
        [HttpTrigger(AuthorizationLevel.Anonymous, Route = "{*path}")] HttpRequest request) =>
        pipeline.RunAsync(request, Access.Anyone, flow => Task.FromResult<IResult>(
            RouteTable.MethodsOf(request.Path) is { Count: > 0 } methods
                ? new ProblemAnswer(flow, StatusCodes.Status405MethodNotAllowed, ErrorType.MethodNotAllowed, $"This path has {string.Join(", ", methods)} only.")
                {
                    Allow = string.Join(", ", methods),
                }
                : new ProblemAnswer(flow, StatusCodes.Status404NotFound, ErrorType.NotFound, "There is no such path.")));
}
