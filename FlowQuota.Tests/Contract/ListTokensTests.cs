using System.Text.Json;
using FlowQuota.Tests.Apps;
using Xunit;

namespace FlowQuota.Tests.Contract;

/// <summary>Protects GET /flow/tokens by filter, sort and cursor; that each list is complete is protected by the store's own tests.</summary>
[Collection(ContractTests.Name)]
public sealed class ListTokensTests(EmbeddedContractApp shared) : IAsyncLifetime
{
    private readonly TestApp _app = shared.App;
    private readonly string _tag = $"list-{Guid.NewGuid():N}";
    private readonly Dictionary<string, string> _names = [];

    public async Task InitializeAsync()
    {
        await CreateAsync("""{"name":"alpha","total_quota":1000}""", "eu");
        await CreateAsync("""{"name":"Alpine","operation":"set","specific_date":"2090-01-02"}""", "eu");
        await CreateAsync("""{"name":"beta","total_quota":50,"operation":"set","specific_date":"2090-01-01"}""", "us");
        await CreateAsync("""{"quota_type":"hybrid","total_quota":200}""", "eu");
        await CreateAsync("""{"name":"alpha 2","quota_type":"time","total_quota":null}""", "us");
    }

    public Task DisposeAsync() => Task.CompletedTask;

    [Theory]
    [InlineData("", "alpha,Alpine,beta,-,alpha 2")]
    [InlineData("&tag=eu", "alpha,Alpine,-")]
    [InlineData("&tag=eu&tag=us", "")]
    [InlineData("&tag=EU", "")]
    [InlineData("&name=alp", "alpha,alpha 2")]
    [InlineData("&name=A", "Alpine")]
    [InlineData("&name=%25", "")]
    [InlineData("&quota_type=hybrid", "-")]
    [InlineData("&quota_type=time", "alpha 2")]
    [InlineData("&is_active=true", "alpha,Alpine,beta,-,alpha 2")]
    [InlineData("&is_active=false", "")]
    [InlineData("&expires_before=2090-01-02", "beta")]
    [InlineData("&expires_before=2090-01-02%2000:00:01", "beta,Alpine")]
    [InlineData("&remaining_below=51", "Alpine,beta")]
    [InlineData("&remaining_below=50", "Alpine")]
    [InlineData("&remaining_below_percent=100", "")]
    [InlineData("&sort=name", "Alpine,alpha,alpha 2,beta,-")]
    [InlineData("&sort=name&order=desc", "beta,alpha 2,alpha,Alpine,-")]
    [InlineData("&sort=expires_at", "beta,Alpine,alpha,-,alpha 2")]
    [InlineData("&sort=created_at&order=desc", "alpha 2,-,beta,Alpine,alpha")]
    [InlineData("&sort=remaining_quota&order=desc", "alpha,-,beta,Alpine,alpha 2")]
    [InlineData("&sort=name&remaining_below=1001&tag=eu", "Alpine,alpha,-")]
    [InlineData("&email=a@example.com&sort=name&order=asc&name=b", "beta")]
    [InlineData("&ws_id=another", "")]
    public async Task A_list_has_what_matches_in_the_order_asked_for_page_by_page(string query, string expected)
    {
        string[] names = expected.Split(',', StringSplitOptions.RemoveEmptyEntries);
        var whole = Envelope.Data(await ListAsync(query));
        Assert.Equal(names, Names(whole));
        Assert.Equal(["tokens", "next_cursor", "page_size", "stale", "count"], Envelope.Names(whole));
        Assert.Equal((null, names.Length), (whole.GetProperty("next_cursor").GetString(), whole.GetProperty("count").GetInt32()));

        List<string> paged = [];
        for (string? cursor = ""; cursor is not null;)
        {
            var page = Envelope.Data(await ListAsync($"{query}&page_size=1&cursor={cursor}"));
            paged.AddRange(Names(page));
            cursor = page.GetProperty("next_cursor").GetString();
            Assert.Equal(cursor is null && paged.Count <= 1, page.TryGetProperty("count", out _));
        }

        Assert.Equal(names, paged);
    }

    [Fact]
    public async Task What_SQL_has_decides_which_tokens_are_listed_and_the_figures_are_live()
    {
        var token = new TestToken("", _names.Single(pair => pair.Value == "beta").Key);
        Envelope.Data(await _app.AdminAsync(HttpMethod.Put, $"/flow/tokens/{token.Id}", """{"quota_operation":"set","quota_amount":1}"""));
        var listed = Envelope.Data(await ListAsync("&remaining_below_percent=100"));
        Assert.Empty(Names(listed));
        Assert.Equal(["beta"], Names(Envelope.Data(await ListAsync("&remaining_below=2"))));
        Assert.Equal(1, Envelope.Data(await ListAsync("&name=b")).GetProperty("tokens")[0].GetProperty("remaining_quota").GetInt32());
    }

    [Theory]
    [InlineData("&tag=", "tag")]
    [InlineData("&tag=a%20b", "tag")]
    [InlineData("&name=", "name")]
    [InlineData("&name=a&name=b", "name")]
    [InlineData("&is_active=1", "is_active")]
    [InlineData("&quota_type=calls", "quota_type")]
    [InlineData("&expires_before=tomorrow", "expires_before")]
    [InlineData("&remaining_below=0", "remaining_below")]
    [InlineData("&remaining_below=2147483648", "remaining_below")]
    [InlineData("&remaining_below_percent=101", "remaining_below_percent")]
    [InlineData("&remaining_below_percent=0", "remaining_below_percent")]
    [InlineData("&sort=email", "sort")]
    [InlineData("&order=down", "order")]
    [InlineData("&page=1", "page")]
    [InlineData("&page_size=1001", "page_size")]
    [InlineData("&cursor=x", "cursor")]
    [InlineData("&cursor=***", "cursor")]
    [InlineData("&Tag=a", "Tag")]
    public async Task A_wrong_parameter_is_named(string query, string named) => Envelope.Invalid(await ListAsync(query), named);

    [Fact]
    public async Task A_name_of_101_characters_and_17_tags_are_too_many()
    {
        Envelope.Invalid(await ListAsync($"&name={new string('n', 101)}"), "name");
        Envelope.Invalid(await ListAsync(string.Concat(Enumerable.Range(0, 16).Select(i => $"&tag=t{i}"))), "tag");
    }

    [Fact]
    public async Task A_cursor_of_another_list_is_refused()
    {
        string cursor = Envelope.Data(await ListAsync("&page_size=2&sort=name")).GetProperty("next_cursor").GetString()!;
        Assert.Equal(["alpha 2", "beta", "-"], Names(Envelope.Data(await ListAsync($"&sort=name&cursor={cursor}"))));
        foreach (string query in new[] { "", "&sort=expires_at", "&sort=name&order=desc", "&sort=name&tag=eu", "&sort=name&is_active=true" })
            Envelope.Invalid(await ListAsync($"{query}&cursor={cursor}"), "cursor");
    }

    private async Task CreateAsync(string fields, string tag)
    {
        string body = TokenBody.With(fields);
        var token = await _app.CreateTokenAsync($$"""{"tags":["{{_tag}}","{{tag}}"],{{body[1..]}}""");
        using var parsed = JsonDocument.Parse(body);
        _names[token.Id] = parsed.RootElement.TryGetProperty("name", out var name) ? name.GetString()! : "-";
    }

    private Task<TestAnswer> ListAsync(string query) => _app.AdminAsync(HttpMethod.Get, $"/flow/tokens?tag={_tag}{query}");

    private IReadOnlyList<string> Names(JsonElement page) =>
        [.. page.GetProperty("tokens").EnumerateArray().Select(token => _names[token.GetProperty("token_id").GetString()!])];
}
