using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using FlowQuota.OpenApi;
using FlowQuota.Tests.Contract;
using FlowQuota.Tests.Servers;
using Xunit;

namespace FlowQuota.Tests.OpenApi;

/// <summary>docs/openapi.json is what the code says, and other tools can read it.</summary>
[Collection(ContractTests.Name)]
public sealed class OpenApiTests(EmbeddedContractApp app)
{
    private const string Address = "/flow/openapi.json";

    private static readonly string Committed = Repository.PathOf("docs/openapi.json");

    [Fact]
    public async Task The_committed_document_is_made_from_the_code()
    {
        string made = await ApiDocument.WriteAsync();
        Assert.True(made == await File.ReadAllTextAsync(Committed), "Run: dotnet run --project infra/openapi");
    }

    [Fact]
    public async Task Every_example_of_a_request_fits_its_schema()
    {
        var document = JsonNode.Parse(await File.ReadAllTextAsync(Committed))!;
        var bodies = document["paths"]!.AsObject().SelectMany(path => path.Value!.AsObject())
            .Select(operation => operation.Value!["requestBody"]?["content"]?["application/json"]).Where(body => body?["example"] is not null).ToList();
        Assert.NotEmpty(bodies);
        Assert.All(bodies, body => Assert.Null(DocumentedApi.Differences(body!["schema"]!, JsonSerializer.SerializeToElement(body["example"]))));
    }

    [Fact]
    public async Task It_is_served_to_anyone_and_once_to_a_client_that_keeps_it()
    {
        using var first = await app.App.Client.GetAsync(Address);
        Assert.Equal(await File.ReadAllBytesAsync(Committed), await first.Content.ReadAsByteArrayAsync());
        Assert.Equal("application/json; charset=utf-8", first.Content.Headers.ContentType!.ToString());

        using var request = new HttpRequestMessage(HttpMethod.Get, Address);
        request.Headers.IfNoneMatch.Add(first.Headers.ETag!);
        using var again = await app.App.Client.SendAsync(request);
        Assert.Equal(HttpStatusCode.NotModified, again.StatusCode);
        Assert.Empty(await again.Content.ReadAsByteArrayAsync());
    }

    [Theory]
    [InlineData("POST", "/flow/consume", """{"cost":0}""", 200, "the body should have been refused")]
    [InlineData("POST", "/flow/consume", """{"unknown":1}""", 200, "the body should have been refused")]
    [InlineData("GET", "/flow/tokens?page_size=1001", null, 200, "data")]
    [InlineData("GET", "/flow/quota", null, 418, "no such status")]
    public void An_exchange_that_the_document_does_not_have_is_found(string method, string target, string? sent, int status, string difference)
    {
        var exchange = new Exchange(method, target, sent is null ? null : JsonElement.Parse(sent), status, "application/json",
            """{"success":true,"data":{"quota_type":"count","total_quota":10,"remaining_quota":9},"message":"m","timestamp":"t","request_id":"r"}"""u8.ToArray());
        Assert.Contains(difference, DocumentedApi.Compare(exchange), StringComparison.Ordinal);
    }
}
