using FlowQuota.Tests.Apps;
using Xunit;

namespace FlowQuota.Tests.Contract;

/// <summary>Protects the common parts of all responses: the envelope, the request's id, the methods of a path, and 404 for any other path.</summary>
[Collection(ContractTests.Name)]
public sealed class EnvelopeTests(EmbeddedContractApp shared)
{
    private readonly TestApp _app = shared.App;

    [Theory]
    [InlineData("a")]
    [InlineData("order-17.retry_2")]
    [InlineData("0123456789012345678901234567890123456789012345678901234567890123")]
    public async Task A_sane_request_id_is_the_callers_own_in_header_body_and_log(string id)
    {
        var token = await _app.CreateTokenAsync();
        var answer = await SendAsync(HttpMethod.Post, "/flow/consume", token.Full, id);
        Envelope.Data(answer);
        Assert.Equal(id, Envelope.Header(answer, "X-Request-ID"));
        Assert.Equal(id, (await AppLedger.LastRowAsync(_app, token)).GetProperty("request_id").GetString());
    }

    [Theory]
    [InlineData("01234567890123456789012345678901234567890123456789012345678901234")]
    [InlineData("a b")]
    [InlineData("a/b")]
    [InlineData("\"quoted\"")]
    [InlineData("<script>")]
    [InlineData("a,b")]
    [InlineData("{}")]
    [InlineData("")]
    [InlineData("one", "two")]
    [InlineData("same", "same")]
    public async Task Another_request_id_is_replaced_by_a_new_UUIDv7(params string[] ids)
    {
        var answer = await SendAsync(HttpMethod.Get, "/health", null, ids);
        string id = Envelope.Header(answer, "X-Request-ID")!;
        Assert.Equal(7, Guid.Parse(id).Version);
        Assert.DoesNotContain(id, ids);
        Assert.NotEqual(id, Envelope.Header(await SendAsync(HttpMethod.Get, "/health", null, ids), "X-Request-ID"));
    }

    [Theory]
    [InlineData("/")]
    [InlineData("/flow")]
    [InlineData("/api/flow/tokens")]
    [InlineData("/flow/nothing")]
    [InlineData("/flow/tokens/a/b/c")]
    [InlineData("/flow/execute/more")]
    [InlineData("/flow/quota/logs")]
    [InlineData("/health/live")]
    [InlineData("/..%2fetc/passwd")]
    [InlineData("/favicon.ico")]
    public async Task No_other_path_is_there_for_any_method(string path)
    {
        foreach (string method in new[] { "GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "STRANGE" })
            Envelope.Refused(await SendAsync(new HttpMethod(method), path, null, "sane"), 404, "NotFound");
    }

    [Theory]
    [InlineData("/flow/tokens", "GET, HEAD, POST")]
    [InlineData("/flow/tokens/flow_x", "DELETE, PUT")]
    [InlineData("/flow/tokens/flow_x/quota", "GET, HEAD")]
    [InlineData("/flow/tokens/flow_x/quota/logs", "GET, HEAD")]
    [InlineData("/flow/execute", "POST")]
    [InlineData("/flow/codeblock", "POST")]
    [InlineData("/flow/consume", "POST")]
    [InlineData("/flow/quota", "GET, HEAD")]
    [InlineData("/flow/cache-write-pool/stats", "GET, HEAD")]
    [InlineData("/flow/quota/cleanup/stats", "GET, HEAD")]
    [InlineData("/flow/quota/cleanup/trigger", "POST")]
    [InlineData("/flow/quota/cleanup/stop", "POST")]
    [InlineData("/health", "GET, HEAD")]
    [InlineData("/flow/health", "GET, HEAD")]
    public async Task A_method_that_a_path_has_not_is_405_with_those_that_it_has(string path, string allowed)
    {
        foreach (string method in new[] { "GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS" }.Except(allowed.Split(", ")))
        {
            var answer = await _app.SendAsync(new HttpMethod(method), path, TestApp.AdminToken);
            Envelope.Refused(answer, 405, "MethodNotAllowed");
            Assert.Equal(allowed, Envelope.Header(answer, "Allow"));
        }
    }

    [Fact]
    public async Task Nothing_says_which_server_answers_and_nothing_is_kept_by_a_cache()
    {
        foreach (string path in new[] { "/health", "/nothing", "/flow/quota" })
        {
            var answer = await _app.SendAsync(HttpMethod.Get, path, null);
            Assert.Null(Envelope.Header(answer, "Server"));
            Assert.Equal("no-store", Envelope.Header(answer, "Cache-Control"));
        }
    }

    private async Task<TestAnswer> SendAsync(HttpMethod method, string path, string? token, params string[] ids)
    {
        using var request = new HttpRequestMessage(method, path);
        if (token is not null)
            request.Headers.Authorization = new("Bearer", token);
        foreach (string id in ids)
            Assert.True(request.Headers.TryAddWithoutValidation("X-Request-ID", id));
        return await _app.SendAsync(request);
    }
}
