namespace FlowQuota.Tests.OpenApi;

/// <summary>Compares every exchange of a test's client with docs/openapi.json; one that differs fails the test.</summary>
internal sealed class DocumentedHandler() : DelegatingHandler(new SocketsHttpHandler())
{
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var sent = request.Content is { Headers: { ContentEncoding.Count: 0, ContentType.MediaType: "application/json" } } content
            ? Exchange.TryParse(await content.ReadAsByteArrayAsync(cancellationToken))
            : null;
        var response = await base.SendAsync(request, cancellationToken);
        byte[] received = await response.Content.ReadAsByteArrayAsync(cancellationToken);
        string? difference = DocumentedApi.Compare(new Exchange(
            request.Method.Method, request.RequestUri!.PathAndQuery, sent, (int)response.StatusCode, response.Content.Headers.ContentType?.MediaType, received));
        return difference is null ? response : throw new InvalidOperationException($"docs/openapi.json says otherwise: {difference}");
    }
}
