using System.Text.Json;
using FlowQuota.Tests.Apps;
using Xunit;

namespace FlowQuota.Tests.Contract;

/// <summary>Protects the endpoint of batches: what it answers, and what it refuses.</summary>
[Collection(ContractTests.Name)]
public sealed class BatchTests(EmbeddedContractApp shared)
{
    private readonly TestApp _app = shared.App;

    [Fact]
    public async Task Each_item_is_charged_and_has_its_row()
    {
        var token = await _app.CreateTokenAsync();

        var data = Envelope.Data(await SendAsync(token, """{"items":[{"cost":3,"meter":"image","idempotency_key":"job-17"},{}]}"""));

        Assert.Equal((4, 6, 10), (data.GetProperty("consumed").GetInt32(), data.GetProperty("remaining_quota").GetInt32(), data.GetProperty("total_quota").GetInt32()));
        Assert.Equal(["consumed", "consumed"], Statuses(data));
        var rows = await AppLedger.RowsAsync(_app, token);
        Assert.Equal([-3, -1], rows.Skip(1).Select(row => row.GetProperty("quota_change").GetInt32()));
        Assert.Equal(("image", "job-17"), (rows[1].GetProperty("meter").GetString(), rows[1].GetProperty("idempotency_key").GetString()));
    }

    [Fact]
    public async Task An_item_that_is_refused_is_named_and_an_atomic_batch_takes_nothing()
    {
        var token = await _app.CreateTokenAsync();
        Envelope.Refused(await SendAsync(token, """{"items":[{"cost":3},{"cost":8}]}"""), 429, "QuotaExceeded", "items[1].cost 8");
        await AppLedger.AssertUntouchedAsync(_app, token);

        var data = Envelope.Data(await SendAsync(token, """{"items":[{"cost":3},{"cost":8},{"cost":7}],"atomic":false}"""));

        Assert.Equal(["consumed", "refused", "consumed"], Statuses(data));
        Assert.Equal("QuotaExceeded", data.GetProperty("items")[1].GetProperty("error_type").GetString());
        Assert.Equal(0, await AppLedger.RemainingAsync(_app, token));
    }

    [Fact]
    public async Task Invariant11_A_repeated_item_or_batch_is_charged_once()
    {
        var token = await _app.CreateTokenAsync();
        const string body = """{"items":[{"cost":2,"idempotency_key":"a"},{"cost":1}]}""";
        var first = await SendAsync(token, body, "night");
        var again = await SendAsync(token, body, "night");

        Assert.Equal(Envelope.Data(first).GetRawText(), again.Data.GetRawText());
        Assert.Equal("true", Envelope.Header(again, "Idempotent-Replayed"));
        Assert.Equal(["repeated", "consumed"], Statuses(Envelope.Data(await SendAsync(token, body))));
        Envelope.Refused(await SendAsync(token, """{"items":[{"cost":3,"idempotency_key":"a"}]}"""), 422, "IdempotencyMismatch", "items[0].idempotency_key");
        Envelope.Refused(await SendAsync(token, """{"items":[{"cost":3}]}""", "night"), 422, "IdempotencyMismatch");
        Assert.Equal(6, await AppLedger.RemainingAsync(_app, token));
    }

    [Theory]
    [InlineData("""{}""", "items")]
    [InlineData("""{"items":[]}""", "items")]
    [InlineData("""{"items":{}}""", "items")]
    [InlineData("""{"items":[1]}""", "items[0]")]
    [InlineData("""{"items":[{},{"cost":0}]}""", "items[1].cost")]
    [InlineData("""{"items":[{"price":1}]}""", "items[0].price")]
    [InlineData("""{"items":[{"meter":"a b"}]}""", "items[0].meter")]
    [InlineData("""{"items":[{"idempotency_key":""}]}""", "items[0].idempotency_key")]
    [InlineData("""{"items":[{}],"atomic":1}""", "atomic")]
    public async Task A_wrong_field_is_named_and_takes_nothing(string body, string field)
    {
        var token = await _app.CreateTokenAsync();
        Envelope.Invalid(await SendAsync(token, body), field);
        await AppLedger.AssertUntouchedAsync(_app, token);
    }

    [Fact]
    public async Task At_most_500_items_are_taken()
    {
        var token = await _app.CreateTokenAsync(TokenBody.With("""{"total_quota":1000}"""));
        Envelope.Data(await SendAsync(token, Items(500)));
        Envelope.Invalid(await SendAsync(token, Items(501)), "items");
        Assert.Equal(500, await AppLedger.RemainingAsync(_app, token));
    }

    private static string Items(int count) => $$"""{"items":[{{string.Join(',', Enumerable.Repeat("{}", count))}}]}""";

    private static IEnumerable<string?> Statuses(JsonElement data) =>
        data.GetProperty("items").EnumerateArray().Select(item => item.GetProperty("status").GetString());

    private Task<TestAnswer> SendAsync(TestToken token, string body, string? key = null) =>
        _app.SendAsync(HttpMethod.Post, "/flow/consume/batch", token.Full, body, key);
}
