using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using FlowQuota.Tests.Apps;
using Xunit;

namespace FlowQuota.Tests.Contract;

/// <summary>Failures as RFC 9457 describes them, for callers that accept application/problem+json, and for no other.</summary>
[Collection(ContractTests.Name)]
public sealed class ProblemTests(EmbeddedContractApp shared)
{
    private const string Problem = "application/problem+json";

    private readonly TestApp _app = shared.App;

    [Theory]
    [InlineData("POST", "/flow/consume", """{"cost":0}""", 400, "ValidationError")]
    [InlineData("POST", "/flow/consume", """{"cost":11}""", 429, "QuotaExceeded")]
    [InlineData("POST", "/flow/consume", "[]", 400, "ValidationError")]
    [InlineData("GET", "/flow/tokens", null, 401, "AuthenticationError")]
    [InlineData("GET", "/flow/nothing", null, 404, "NotFound")]
    [InlineData("PATCH", "/flow/consume", null, 405, "MethodNotAllowed")]
    public async Task A_failure_has_the_members_of_the_standard_and_the_same_status(string method, string path, string? body, int status, string type)
    {
        var token = await _app.CreateTokenAsync();
        var answer = await SendAsync(method, path, token, body, Problem);

        Assert.Equal((status, Problem), (answer.Status, answer.Headers["Content-Type"]));
        Assert.Equal($"urn:flowquota:error:{type}", Text(answer, "type"));
        Assert.Equal(status, answer.Body.GetProperty("status").GetInt32());
        Assert.NotEqual("", Text(answer, "title"));
        // The same words as in the envelope.
        var envelope = await SendAsync(method, path, token, body, accept: null);
        Assert.Equal((envelope.Status, envelope.ErrorMessage), (answer.Status, Text(answer, "detail")));
        Assert.False(answer.Body.TryGetProperty("error", out _) || answer.Body.TryGetProperty("success", out _));
        Assert.Equal(answer.Headers["X-Request-ID"], Text(answer, "request_id"));
    }

    [Fact]
    public async Task Code_that_fails_keeps_its_logs_its_stack_and_its_quota()
    {
        string code = Convert.ToBase64String("console.log('before'); throw new Error('broken')"u8);
        var answer = await SendAsync("POST", "/flow/execute", await _app.CreateTokenAsync(), $$"""{"code_base64":"{{code}}"}""", Problem);

        Assert.Equal((400, "urn:flowquota:error:RuntimeError"), (answer.Status, Text(answer, "type")));
        Assert.Contains("broken", Text(answer, "detail"), StringComparison.Ordinal);
        Assert.NotEqual("", Text(answer, "stack"));
        Assert.Equal("before", answer.Body.GetProperty("logs")[0].GetString());
        Assert.Equal(9, answer.Body.GetProperty("quota").GetProperty("remaining_quota").GetInt32());
        Assert.Equal(JsonValueKind.Object, answer.Body.GetProperty("timing").ValueKind);
    }

    [Fact]
    public async Task A_gateway_that_wants_403_gets_it_as_the_status_of_the_problem()
    {
        var answer = await SendAsync("GET", "/flow/authorize?cost=11&deny=403", await _app.CreateTokenAsync(), null, Problem);
        Assert.Equal((403, 403, "429"), (answer.Status, answer.Body.GetProperty("status").GetInt32(), answer.Headers["X-FlowQuota-Status"]));
    }

    [Theory]
    [InlineData("application/json, application/problem+json", true)]
    [InlineData("text/html, application/problem+json;q=0.5, */*;q=0.1", true)]
    [InlineData("Application/Problem+JSON", true)]
    [InlineData("application/problem+json;q=0", false)]
    [InlineData("application/json", false)]
    [InlineData("*/*", false)]
    [InlineData("application/problem+xml", false)]
    [InlineData("nonsense", false)]
    [InlineData(null, false)]
    public async Task Only_who_names_the_type_gets_it(string? accept, bool isProblem)
    {
        var answer = await SendAsync("GET", "/flow/quota", null, null, accept);
        Assert.Equal((401, isProblem), (answer.Status, answer.Headers["Content-Type"] == Problem));
        Assert.Equal(isProblem, answer.ErrorType is null);
    }

    [Fact]
    public async Task A_success_is_the_same_whatever_is_accepted()
    {
        var answer = await SendAsync("GET", "/flow/quota", await _app.CreateTokenAsync(), null, Problem);
        Assert.Equal("application/json; charset=utf-8", answer.Headers["Content-Type"]);
        Envelope.Data(answer);
    }

    private async Task<TestAnswer> SendAsync(string method, string path, TestToken? token, string? body, string? accept)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        if (token is not null)
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token.Full);
        if (accept is not null)
            request.Headers.TryAddWithoutValidation("Accept", accept);
        if (body is not null)
            request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        return await _app.SendAsync(request);
    }

    private static string Text(TestAnswer answer, string name) => answer.Body.GetProperty(name).GetString()!;
}
