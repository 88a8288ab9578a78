using FlowQuota.Tests.Apps;
using FlowQuota.Tokens;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace FlowQuota.Tests.Contract;

/// <summary>Protects callers' authentication: every way to present a token, and 401 without a charge for anything that is not a token.</summary>
[Collection(ContractTests.Name)]
public sealed class AccessTokenTests(EmbeddedContractApp shared)
{
    private static readonly (HttpMethod Method, string Path)[] Doors =
    [
        (HttpMethod.Post, "/flow/execute"), (HttpMethod.Post, "/flow/codeblock"), (HttpMethod.Post, "/flow/consume"), (HttpMethod.Get, "/flow/quota"),
    ];

    private readonly TestApp _app = shared.App;

    [Theory]
    [InlineData("Authorization", "Bearer ")]
    [InlineData("Authorization", "bearer ")]
    [InlineData("accessToken", "")]
    [InlineData("access-token", "")]
    [InlineData("ACCESSTOKEN", "")]
    public async Task A_token_is_taken_under_its_new_and_its_older_names(string header, string prefix)
    {
        var token = await _app.CreateTokenAsync();
        foreach (var (method, path) in Doors)
            Assert.Equal(200, (await SendAsync(method, path, header, prefix + token.Full)).Status);
        Assert.Equal(7, await AppLedger.RemainingAsync(_app, token));
    }

    [Fact]
    public async Task What_is_no_good_token_is_401_everywhere_and_takes_nothing()
    {
        var token = await _app.CreateTokenAsync();
        string full = token.Full;
        string unknown = _app.Services.GetRequiredService<TokenCodec>().Mint().FullToken;
        string[] bad =
        [
            "", "x", "flow_", token.Id, token.Id + "_", full[..^1], full + "0", full.ToUpperInvariant(), Altered(full, full.Length - 1),
            Altered(full, 6), Altered(full, token.Id.Length - 1), unknown, unknown[..30] + full[30..], full[..30] + unknown[30..],
            TestApp.AdminToken, $"{full},{full}", new string('a', 4000),
        ];
        foreach (var (method, path) in Doors)
        {
            foreach (string presented in bad)
                Envelope.Refused(await SendAsync(method, path, "Authorization", "Bearer " + presented), 401, "AuthenticationError");
            Envelope.Refused(await SendAsync(method, path, "accessToken", full[..^1]), 401, "AuthenticationError");
            Envelope.Refused(await SendAsync(method, path, "Authorization", full), 401, "AuthenticationError");
            Envelope.Refused(await SendAsync(method, path, "Authorization", "Basic " + full), 401, "AuthenticationError");
            Envelope.Refused(await SendAsync(method, path, "X-Other", full), 401, "AuthenticationError");
        }

        await AppLedger.AssertUntouchedAsync(_app, token);
    }

    [Fact]
    public async Task A_deleted_token_is_401_everywhere()
    {
        var token = await _app.CreateTokenAsync();
        await _app.AdminAsync(HttpMethod.Delete, $"/flow/tokens/{token.Id}");
        foreach (var (method, path) in Doors)
            Envelope.Refused(await SendAsync(method, path, "Authorization", $"Bearer {token.Full}"), 401, "AuthenticationError");
    }

    [Fact]
    public async Task Each_request_of_a_connection_is_its_own_caller()
    {
        var (first, second) = (await _app.CreateTokenAsync(), await _app.CreateTokenAsync());
        using var connection = new HttpClient(new SocketsHttpHandler { MaxConnectionsPerServer = 1 }) { BaseAddress = _app.Client.BaseAddress };
        (string Token, int Status)[] calls =
        [
            (first.Full, 200), (first.Full, 200), (Altered(first.Full, first.Full.Length - 1), 401), (second.Full, 200), (first.Full, 200),
            (first.Id + second.Full[second.Id.Length..], 401), (second.Full, 200),
        ];
        foreach (var (token, status) in calls)
            Assert.Equal(status, await ConsumeAsync(connection, token));
        Assert.Equal(7, await AppLedger.RemainingAsync(_app, first));
        Assert.Equal(8, await AppLedger.RemainingAsync(_app, second));

        Assert.Equal(200, await ConsumeAsync(connection, first.Full));
        await _app.AdminAsync(HttpMethod.Delete, $"/flow/tokens/{first.Id}");
        Assert.Equal(401, await ConsumeAsync(connection, first.Full));
    }

    [Fact]
    public async Task A_token_in_the_URL_is_not_taken()
    {
        var token = await _app.CreateTokenAsync();
        Envelope.Refused(await _app.SendAsync(HttpMethod.Get, $"/flow/quota?accessToken={token.Full}", null), 401, "AuthenticationError");
    }

    private static async Task<int> ConsumeAsync(HttpClient client, string token)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/flow/consume") { Headers = { { "Authorization", "Bearer " + token } } };
        using var response = await client.SendAsync(request);
        return (int)response.StatusCode;
    }

    private static string Altered(string token, int at) => token[..at] + (token[at] == 'z' ? 'y' : 'z') + token[(at + 1)..];

    private async Task<TestAnswer> SendAsync(HttpMethod method, string path, string header, string value)
    {
        using var request = new HttpRequestMessage(method, path);
        if (method == HttpMethod.Post)
        {
            request.Content = new StringContent(
                path == "/flow/consume" ? "{}" : """{"code_base64":"cmV0dXJuIDE="}""", System.Text.Encoding.UTF8, "application/json");
        }

        Assert.True(request.Headers.TryAddWithoutValidation(header, value));
        return await _app.SendAsync(request);
    }
}
