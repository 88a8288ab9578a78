using FlowQuota.Tests.Apps;
using FlowQuota.Tokens;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace FlowQuota.Tests.Contract;

/// <summary>Protects GET /flow/tokens: by token, workspace, e-mail address, both, and page by page.</summary>
[Collection(ContractTests.Name)]
public sealed class FindTokensTests(EmbeddedContractApp shared)
{
    private readonly TestApp _app = shared.App;
    private readonly string _workspace = $"find-{Guid.NewGuid():N}";

    [Fact]
    public async Task A_token_is_found_by_its_full_form_and_by_its_public_id_with_its_live_quota()
    {
        var token = await CreateAsync("a@example.com");
        await _app.ConsumeAsync(token, 4);

        foreach (string form in new[] { token.Full, token.Id })
        {
            var data = Envelope.Data(await FindAsync($"token={form}"));
            Assert.Equal(1, data.GetProperty("count").GetInt32());
            var found = Assert.Single(data.GetProperty("tokens").EnumerateArray());
            Assert.Equal(token.Id, found.GetProperty("access_token").GetString());
            Assert.Equal(token.Id, found.GetProperty("token_id").GetString());
            Assert.Equal(6, found.GetProperty("remaining_quota").GetInt32());
            Assert.Equal(10, found.GetProperty("total_quota").GetInt32());
        }
    }

    [Fact]
    public async Task Workspace_and_email_are_found_alone_and_combined()
    {
        string other = $"{Guid.NewGuid():N}@example.com";
        var first = await CreateAsync("a@example.com");
        var second = await CreateAsync(other);

        Assert.Equal([first.Id, second.Id], await IdsAsync($"ws_id={_workspace}"));
        Assert.Equal([second.Id], await IdsAsync($"email={other}"));
        Assert.Equal([first.Id], await IdsAsync($"ws_id={_workspace}&email=a@example.com"));
        Assert.Empty(await IdsAsync($"ws_id=other-{_workspace}&email={other}"));
        Assert.Equal([second.Id], await IdsAsync($"token={second.Id}&ws_id={_workspace}"));
        Assert.Empty(await IdsAsync($"token={second.Id}&ws_id=another"));
    }

    [Fact]
    public async Task Pages_hold_every_token_once_oldest_first_and_the_count_is_over_all_of_them()
    {
        var made = new List<string>();
        for (int i = 0; i < 5; i++)
            made.Add((await CreateAsync("a@example.com")).Id);

        var seen = new List<string>();
        for (int page = 1; page <= 3; page++)
        {
            var data = Envelope.Data(await FindAsync($"ws_id={_workspace}&page={page}&page_size=2"));
            Assert.Equal(5, data.GetProperty("count").GetInt32());
            seen.AddRange(data.GetProperty("tokens").EnumerateArray().Select(token => token.GetProperty("token_id").GetString()!));
        }

        Assert.Equal(made, seen);
        Assert.Empty(await IdsAsync($"ws_id={_workspace}&page=4&page_size=2"));
        Assert.Empty(await IdsAsync($"ws_id={_workspace}&page=2147483647&page_size=1000"));
    }

    [Fact]
    public async Task What_matches_nothing_is_an_empty_list_and_not_an_error()
    {
        string unknown = _app.Services.GetRequiredService<TokenCodec>().Mint().TokenId;
        Assert.Empty(await IdsAsync($"token={unknown}"));
        Assert.Empty(await IdsAsync("token=flow_forged"));
        Assert.Empty(await IdsAsync($"ws_id={Uri.EscapeDataString("%")}{_workspace}"));
        Assert.Empty(await IdsAsync($"ws_id={Uri.EscapeDataString("' OR 1=1 --")}"));
    }

    [Theory]
    [InlineData("page=0", "page")]
    [InlineData("page=-1", "page")]
    [InlineData("page=one", "page")]
    [InlineData("page=1.5", "page")]
    [InlineData("page=2147483648", "page")]
    [InlineData("page=%201", "page")]
    [InlineData("page=1&page=2", "page")]
    [InlineData("page_size=0", "page_size")]
    [InlineData("page_size=1001", "page_size")]
    [InlineData("page_size=-5", "page_size")]
    [InlineData("page_size=all", "page_size")]
    [InlineData("ws_id=a&ws_id=b", "ws_id")]
    [InlineData("ws_id=a%00b", "ws_id")]
    public async Task A_wrong_parameter_is_named_and_not_clamped(string query, string named) =>
        Envelope.Invalid(await FindAsync(query), named);

    [Fact]
    public async Task A_parameter_of_256_characters_is_too_long()
    {
        Envelope.Invalid(await FindAsync($"email={new string('a', 256)}"), "email");
        Envelope.Data(await FindAsync($"email={new string('a', 255)}"));
    }

    private Task<TestToken> CreateAsync(string email) => _app.CreateTokenAsync(
        new { ws_id = _workspace, email, operation = "unlimited", quota_type = "count", total_quota = 10 });

    private Task<TestAnswer> FindAsync(string query) => _app.AdminAsync(HttpMethod.Get, $"/flow/tokens?{query}");

    private async Task<IReadOnlyList<string>> IdsAsync(string query) =>
        [.. Envelope.Data(await FindAsync(query)).GetProperty("tokens").EnumerateArray().Select(token => token.GetProperty("token_id").GetString()!)];
}
