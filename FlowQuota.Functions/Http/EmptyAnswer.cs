using Microsoft.AspNetCore.Http;

namespace FlowQuota.Functions.Http;

/// <summary>204: headers only.</summary>
/// <param name="request">The request that it answers.</param>
internal sealed class EmptyAnswer(FlowRequest request) : IResult
{
    /// <inheritdoc/>
    public Task ExecuteAsync(HttpContext httpContext)
    {
        httpContext.Response.StatusCode = StatusCodes.Status204NoContent;
        httpContext.Response.Headers[RequestIds.Header] = request.Id;
        return Task.CompletedTask;
    }
}
