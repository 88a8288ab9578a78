using FlowQuota.Functions.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Net.Http.Headers;

namespace FlowQuota.Functions.OpenApi;

/// <summary>Serves the OpenAPI document, docs/openapi.json, which <c>infra/openapi</c> makes from the operations.</summary>
public sealed class OpenApiFunction(FlowPipeline pipeline)
{
    /// <summary>The function's name.</summary>
    public const string Name = "GetOpenApi";

    private static readonly Operation Getting = new(Name, Access.Anyone);

    private static readonly byte[] Document = EmbeddedFile.Read("openapi.json");

    private static readonly EntityTagHeaderValue EntityTag = EmbeddedFile.TagOf(Document);

    /// <summary>The document; 304 for a client that has it.</summary>
    [Function(Name)]
    public Task<IResult> Get(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "flow/openapi.json")] HttpRequest request) =>
        pipeline.RunAsync(request, Getting, flow =>
        {
            var headers = request.HttpContext.Response.Headers;
            headers[RequestIds.Header] = flow.Id;
            headers.CacheControl = "no-cache";
            return Task.FromResult<IResult>(TypedResults.Bytes(Document, "application/json; charset=utf-8", entityTag: EntityTag));
        });
}
