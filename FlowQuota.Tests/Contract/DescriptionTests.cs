using System.Text.Json;
using FlowQuota.Tests.Apps;
using Xunit;

namespace FlowQuota.Tests.Contract;

/// <summary>Protects name, tags and metadata of a token: kept as they were sent, replaced, cleared, and refused if they do not fit.</summary>
[Collection(ContractTests.Name)]
public sealed class DescriptionTests(EmbeddedContractApp shared)
{
    private const string Awkward = """{ "b":1.0, "a":[{"deep":null}], "\u0061\"":"\ud83d\ude80 漢字 \ud800 </script>", "n":123456789012345678901234567890 }""";

    private readonly TestApp _app = shared.App;

    [Fact]
    public async Task They_are_kept_as_they_were_sent_and_shown_wherever_the_token_is()
    {
        var created = await CreateAsync($$"""{"name":"Prod – 漢字 / eu","tags":["b","a:1","x.y-z_0"],"metadata":{{Awkward}}}""");
        Assert.Equal(["b", "a:1", "x.y-z_0"], Tags(created));
        var changed = Envelope.Data(await _app.AdminAsync(HttpMethod.Put, Path(created), """{"is_active":true}"""));

        foreach (var view in new[] { created, changed, await FindAsync(created) })
        {
            Assert.Equal("Prod – 漢字 / eu", view.GetProperty("name").GetString());
            Assert.Equal(["b", "a:1", "x.y-z_0"], Tags(view));
            Assert.Equal(Awkward, view.GetProperty("metadata").GetRawText());
        }
    }

    [Fact]
    public async Task Each_is_replaced_and_cleared_by_itself()
    {
        var token = await CreateAsync("""{"name":"one","tags":["a","b"],"metadata":{"a":1}}""");

        var data = await ChangeAsync(token, """{"tags":["c"]}""");
        Assert.Equal(("one", "c", """{"a":1}"""), Description(data));
        data = await ChangeAsync(token, """{"name":null}""");
        Assert.Equal((null, "c", """{"a":1}"""), Description(data));
        data = await ChangeAsync(token, """{"metadata":{}}""");
        Assert.Equal((null, "c", "{}"), Description(data));
        data = await ChangeAsync(token, """{"tags":[],"metadata":null,"name":"two"}""");
        Assert.Equal(("two", null, null), Description(data));
        Assert.Equal(("two", null, null), Description(await FindAsync(token)));
        data = await ChangeAsync(token, """{"tags":["a"]}""");
        data = await ChangeAsync(token, """{"tags":null}""");
        Assert.Equal(("two", null, null), Description(data));
    }

    [Fact]
    public async Task The_ends_of_each_range_are_good()
    {
        string name = new('n', 100), metadata = $$"""{"a":"{{new string('m', 4096 - 8)}}"}""";
        string[] tags = [.. Enumerable.Range(0, 16).Select(i => $"{i:00}{new string('t', 62)}")];
        var token = await CreateAsync($$"""{"name":"{{name}}","tags":{{JsonSerializer.Serialize(tags)}},"metadata":{{metadata}}}""");

        var found = await FindAsync(token);
        Assert.Equal((name, string.Join(' ', tags), metadata), Description(found));
    }

    [Theory]
    [InlineData("""{"name":""}""", "name")]
    [InlineData("""{"name":"  "}""", "name")]
    [InlineData("""{"name":"a\nb"}""", "name")]
    [InlineData("""{"name":5}""", "name")]
    [InlineData("""{"name":"nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn"}""", "name")]
    [InlineData("""{"tags":"a"}""", "tags")]
    [InlineData("""{"tags":{"a":1}}""", "tags")]
    [InlineData("""{"tags":["1","2","3","4","5","6","7","8","9","10","11","12","13","14","15","16","17"]}""", "tags")]
    [InlineData("""{"tags":["a",5]}""", "tags[1]")]
    [InlineData("""{"tags":["a","b","a"]}""", "tags[2]")]
    [InlineData("""{"tags":["a",""]}""", "tags[1]")]
    [InlineData("""{"tags":["a b"]}""", "tags[0]")]
    [InlineData("""{"tags":["é"]}""", "tags[0]")]
    [InlineData("""{"tags":["ttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttt"]}""", "tags[0]")]
    [InlineData("""{"tags":[null]}""", "tags[0]")]
    [InlineData("""{"metadata":[]}""", "metadata")]
    [InlineData("""{"metadata":"{}"}""", "metadata")]
    public async Task What_does_not_fit_is_named_and_neither_made_nor_changed(string fields, string named)
    {
        Envelope.Invalid(await _app.AdminAsync(HttpMethod.Post, "/flow/tokens", TokenBody.With(fields)), named);
        var token = await CreateAsync("""{"name":"one","tags":["a"]}""");
        Envelope.Invalid(await _app.AdminAsync(HttpMethod.Put, Path(token), fields), named);
        Assert.Equal(("one", "a", null), Description(await FindAsync(token)));
    }

    [Fact]
    public async Task Metadata_of_more_than_4096_bytes_are_too_long()
    {
        Envelope.Invalid(await _app.AdminAsync(HttpMethod.Post, "/flow/tokens", TokenBody.With($$$"""{"metadata":{"a":"{{{new string('m', 4096 - 7)}}}"}}""")), "metadata");
        Envelope.Invalid(await _app.AdminAsync(HttpMethod.Post, "/flow/tokens", TokenBody.With("""{"metadata":{"a":1}}""").Replace("\"a\":1", "\"a\":1,\"a\":2", StringComparison.Ordinal)), "body");
    }

    [Fact]
    public async Task None_of_them_is_logged()
    {
        string name = $"name-{Guid.NewGuid():N}", tag = $"tag-{Guid.NewGuid():N}", value = $"value-{Guid.NewGuid():N}";
        var token = await CreateAsync($$$"""{"name":"{{{name}}}","tags":["{{{tag}}}"],"metadata":{"a":"{{{value}}}"}}""");
        await ChangeAsync(token, """{"name":null,"tags":null,"metadata":null}""");

        Assert.DoesNotContain(_app.Log.Lines, line => new[] { name, tag, value }.Any(text => line.Contains(text, StringComparison.Ordinal)));
    }

    // As it is sent: a serializer would write it differently.
    private async Task<JsonElement> CreateAsync(string fields) => Envelope.Data(await _app.AdminAsync(HttpMethod.Post, "/flow/tokens",
        $$"""{"ws_id":"ws","email":"a@example.com","operation":"unlimited","quota_type":"count","total_quota":10,{{fields[1..]}}"""));

    private async Task<JsonElement> ChangeAsync(JsonElement token, string body) => Envelope.Data(await _app.AdminAsync(HttpMethod.Put, Path(token), body));

    private async Task<JsonElement> FindAsync(JsonElement token) =>
        Envelope.Data(await _app.AdminAsync(HttpMethod.Get, $"/flow/tokens?token={Id(token)}")).GetProperty("tokens")[0];

    private static string Path(JsonElement token) => $"/flow/tokens/{Id(token)}";

    private static string Id(JsonElement token) => token.GetProperty("token_id").GetString()!;

    private static IReadOnlyList<string?> Tags(JsonElement token) => [.. token.GetProperty("tags").EnumerateArray().Select(tag => tag.GetString())];

    private static (string? Name, string? Tags, string? Metadata) Description(JsonElement token) => (
        token.TryGetProperty("name", out var name) ? name.GetString() : null,
        token.TryGetProperty("tags", out _) ? string.Join(' ', Tags(token)) : null,
        token.TryGetProperty("metadata", out var metadata) ? metadata.GetRawText() : null);
}
