using FlowQuota.Tests.Apps;
using Xunit;

namespace FlowQuota.Tests.Contract;

/// <summary>Protects admins' authentication: every admin endpoint requires an admin token, before any other check.</summary>
[Collection(ContractTests.Name)]
public sealed class AdminTokenTests(EmbeddedContractApp shared)
{
    private readonly TestApp _app = shared.App;

    [Theory]
    [InlineData("POST", "/flow/tokens")]
    [InlineData("GET", "/flow/tokens")]
    [InlineData("PUT", "/flow/tokens/{token}")]
    [InlineData("DELETE", "/flow/tokens/{token}")]
    [InlineData("GET", "/flow/tokens/{token}/quota")]
    [InlineData("GET", "/flow/tokens/{token}/quota/logs")]
    [InlineData("GET", "/flow/cache-write-pool/stats")]
    [InlineData("GET", "/flow/quota/cleanup/stats")]
    [InlineData("POST", "/flow/quota/cleanup/trigger")]
    [InlineData("POST", "/flow/quota/cleanup/stop")]
    [InlineData("GET", "/flow/health")]
    public async Task Every_admin_endpoint_is_401_without_one(string method, string path)
    {
        var token = await _app.CreateTokenAsync();
        string url = path.Replace("{token}", token.Id, StringComparison.Ordinal);
        foreach (string? presented in new[] { null, "wrong", TestApp.AdminToken[..^1], TestApp.AdminToken + "x", token.Full })
            Envelope.Refused(await _app.SendAsync(new HttpMethod(method), url, presented, "{broken"), 401, "AuthenticationError");

        using var older = new HttpRequestMessage(new HttpMethod(method), url);
        older.Headers.Add("accessToken", TestApp.AdminToken);
        Envelope.Refused(await _app.SendAsync(older), 401, "AuthenticationError");
        await AppLedger.AssertUntouchedAsync(_app, token);
    }

    [Fact]
    public async Task Each_of_several_admin_tokens_is_good_so_that_one_can_be_rotated()
    {
        await using var world = TestWorld.Embedded();
        var app = await ContractApp.StartAsync(world, ("ADMIN_TOKEN", $"{TestApp.AdminToken} , another-admin-token-0123456789"));
        Envelope.Data(await app.SendAsync(HttpMethod.Get, "/flow/quota/cleanup/stats", TestApp.AdminToken));
        Envelope.Data(await app.SendAsync(HttpMethod.Get, "/flow/quota/cleanup/stats", "another-admin-token-0123456789"));
        Assert.Equal(401, (await app.SendAsync(HttpMethod.Get, "/flow/quota/cleanup/stats", $"{TestApp.AdminToken} , another-admin-token-0123456789")).Status);
    }
}
