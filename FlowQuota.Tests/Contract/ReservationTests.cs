using System.Text.Json;
using FlowQuota.Tests.Apps;
using Xunit;

namespace FlowQuota.Tests.Contract;

/// <summary>Protects the endpoints of reservations: what they answer, and what they refuse.</summary>
[Collection(ContractTests.Name)]
public sealed class ReservationTests(EmbeddedContractApp shared)
{
    private readonly TestApp _app = shared.App;

    [Fact]
    public async Task A_reservation_is_made_committed_and_shown()
    {
        var token = await _app.CreateTokenAsync();
        var made = Envelope.Data(await PostAsync(token, "/flow/reserve", """{"amount":6,"ttl_seconds":60,"meter":"gpt"}"""));
        string id = made.GetProperty("reservation_id").GetString()!;

        Assert.Equal(("open", 6, 10, 4, 6), Figures(made));
        Assert.Equal("gpt", made.GetProperty("meter").GetString());
        Assert.False(made.TryGetProperty("consumed", out _));
        Assert.Equal((4, 10, 0), await AppLedger.QuotaAsync(_app, token));
        Assert.Equal(6, Envelope.Data(await _app.AdminAsync(HttpMethod.Get, $"/flow/tokens/{token.Id}/quota")).GetProperty("reserved_quota").GetInt32());
        var refused = await PostAsync(token, "/flow/consume", """{"cost":5}""");
        Envelope.Refused(refused, 429, "QuotaExceeded", "cost 5 is more than the 4 left, and 6 are reserved");
        Assert.Equal(6, refused.Body.GetProperty("error").GetProperty("reserved_quota").GetInt32());

        var committed = Envelope.Data(await PostAsync(token, $"/flow/reserve/{id}/commit", """{"amount":5}"""));
        Assert.Equal(("committed", 6, 10, 5, 0), Figures(committed));
        Assert.Equal((5, 1, 0, false), (committed.GetProperty("consumed").GetInt32(), committed.GetProperty("released").GetInt32(),
            committed.GetProperty("uncovered").GetInt32(), committed.GetProperty("late").GetBoolean()));

        Assert.Equal(committed.GetRawText(), Envelope.Data(await SendAsync(HttpMethod.Get, token, $"/flow/reserve/{id}", null)).GetRawText());
        var again = await PostAsync(token, $"/flow/reserve/{id}/commit", """{"amount":5}""");
        Assert.Equal("true", Envelope.Header(again, "Idempotent-Replayed"));
        Assert.Equal(committed.GetRawText(), Envelope.Data(again).GetRawText());
        Envelope.Refused(await PostAsync(token, $"/flow/reserve/{id}/commit", """{"amount":4}"""), 422, "IdempotencyMismatch", "5");
        Envelope.Refused(await PostAsync(token, $"/flow/reserve/{id}/cancel", ""), 409, "ReservationEnded", "committed");

        var rows = await AppLedger.RowsAsync(_app, token);
        Assert.Equal(["init", "reserve", "release", "consume"], rows.Select(row => row.GetProperty("action").GetString()));
        Assert.All(rows.Skip(1), row => Assert.Equal((id, "gpt"), (row.GetProperty("reservation_id").GetString(), row.GetProperty("meter").GetString())));
        var listed = Envelope.Data(await _app.AdminAsync(HttpMethod.Get, $"/flow/tokens/{token.Id}/reservations")).GetProperty("reservations");
        Assert.Equal("committed", Assert.Single(listed.EnumerateArray()).GetProperty("state").GetString());
    }

    [Fact]
    public async Task A_reservation_that_is_not_needed_gives_all_back()
    {
        var token = await _app.CreateTokenAsync();
        string id = await ReserveAsync(token, 7);

        var cancelled = Envelope.Data(await PostAsync(token, $"/flow/reserve/{id}/cancel", ""));

        Assert.Equal(("cancelled", 7, 10, 10, 0), Figures(cancelled));
        Assert.Equal(7, cancelled.GetProperty("released").GetInt32());
        Envelope.Refused(await PostAsync(token, $"/flow/reserve/{id}/commit", """{"amount":1}"""), 409, "ReservationEnded", "cancelled");
    }

    [Fact]
    public async Task More_than_was_reserved_is_refused_if_the_caller_asks_for_it()
    {
        var token = await _app.CreateTokenAsync();
        string id = await ReserveAsync(token, 7);

        Envelope.Refused(await PostAsync(token, $"/flow/reserve/{id}/commit", """{"amount":8,"on_overrun":"refuse"}"""), 409, "ReservationOverrun", "7 are reserved");
        var clamped = Envelope.Data(await PostAsync(token, $"/flow/reserve/{id}/commit", """{"amount":12,"on_overrun":"clamp"}"""));

        Assert.Equal((10, 2), (clamped.GetProperty("consumed").GetInt32(), clamped.GetProperty("uncovered").GetInt32()));
    }

    [Fact]
    public async Task Invariant11_A_repeated_reserve_gets_the_first_answer()
    {
        var token = await _app.CreateTokenAsync();
        var first = await SendAsync(HttpMethod.Post, token, "/flow/reserve", """{"amount":3}""", "job");
        var again = await SendAsync(HttpMethod.Post, token, "/flow/reserve", """{"amount":3}""", "job");

        Assert.Equal(Envelope.Data(first).GetRawText(), again.Data.GetRawText());
        Assert.Equal("true", Envelope.Header(again, "Idempotent-Replayed"));
        Envelope.Refused(await SendAsync(HttpMethod.Post, token, "/flow/reserve", """{"amount":4}""", "job"), 422, "IdempotencyMismatch");
        Assert.Equal((7, 10, 0), await AppLedger.QuotaAsync(_app, token));
    }

    [Theory]
    [InlineData("""{}""", "amount")]
    [InlineData("""{"amount":0}""", "amount")]
    [InlineData("""{"amount":1000001}""", "amount")]
    [InlineData("""{"amount":1.5}""", "amount")]
    [InlineData("""{"amount":1,"ttl_seconds":0}""", "ttl_seconds")]
    [InlineData("""{"amount":1,"ttl_seconds":86401}""", "ttl_seconds")]
    [InlineData("""{"amount":1,"meter":""}""", "meter")]
    [InlineData("""{"amount":1,"meter":"a b"}""", "meter")]
    [InlineData("""{"amount":1,"cost":1}""", "cost")]
    public async Task A_wrong_field_is_named_and_nothing_is_held(string body, string field)
    {
        var token = await _app.CreateTokenAsync();
        Envelope.Invalid(await PostAsync(token, "/flow/reserve", body), field);
        await AppLedger.AssertUntouchedAsync(_app, token);
    }

    [Theory]
    [InlineData("""{}""", "amount")]
    [InlineData("""{"amount":-1}""", "amount")]
    [InlineData("""{"amount":1,"on_overrun":"stop"}""", "on_overrun")]
    public async Task A_wrong_field_of_a_commit_is_named_and_the_reservation_stays(string body, string field)
    {
        var token = await _app.CreateTokenAsync();
        string id = await ReserveAsync(token, 7);
        Envelope.Invalid(await PostAsync(token, $"/flow/reserve/{id}/commit", body), field);
        Assert.Equal("open", Envelope.Data(await SendAsync(HttpMethod.Get, token, $"/flow/reserve/{id}", null)).GetProperty("state").GetString());
    }

    [Theory]
    [InlineData("res_00000000000000000000000000")]
    [InlineData("nothing")]
    public async Task A_reservation_that_does_not_exist_is_404(string id)
    {
        var token = await _app.CreateTokenAsync();
        Envelope.Refused(await PostAsync(token, $"/flow/reserve/{id}/commit", """{"amount":1}"""), 404, "NotFound");
        Envelope.Refused(await PostAsync(token, $"/flow/reserve/{id}/cancel", ""), 404, "NotFound");
        Envelope.Refused(await SendAsync(HttpMethod.Get, token, $"/flow/reserve/{id}", null), 404, "NotFound");
    }

    [Fact]
    public async Task Another_token_does_not_see_it_and_a_time_token_has_nothing_to_reserve()
    {
        var (token, other) = (await _app.CreateTokenAsync(), await _app.CreateTokenAsync());
        string id = await ReserveAsync(token, 7);
        Envelope.Refused(await PostAsync(other, $"/flow/reserve/{id}/commit", """{"amount":1}"""), 404, "NotFound");
        var timed = await _app.CreateTokenAsync(TokenBody.Time());
        Envelope.Refused(await PostAsync(timed, "/flow/reserve", """{"amount":1}"""), 400, "ValidationError", "amount");
    }

    [Fact]
    public async Task A_consume_has_its_meter_in_the_log()
    {
        var token = await _app.CreateTokenAsync();
        Envelope.Data(await PostAsync(token, "/flow/consume", """{"cost":2,"meter":"image.large"}"""));
        Envelope.Invalid(await PostAsync(token, "/flow/consume", """{"cost":2,"meter":"image/large"}"""), "meter");

        Assert.Equal("image.large", (await AppLedger.LastRowAsync(_app, token)).GetProperty("meter").GetString());
        Assert.Equal(8, await AppLedger.RemainingAsync(_app, token));
    }

    private static (string State, int Reserved, int Total, int Remaining, int ReservedQuota) Figures(JsonElement data) => (
        data.GetProperty("state").GetString()!, data.GetProperty("reserved").GetInt32(), data.GetProperty("total_quota").GetInt32(),
        data.GetProperty("remaining_quota").GetInt32(), data.GetProperty("reserved_quota").GetInt32());

    private async Task<string> ReserveAsync(TestToken token, int amount) =>
        Envelope.Data(await PostAsync(token, "/flow/reserve", $$"""{"amount":{{amount}}}""")).GetProperty("reservation_id").GetString()!;

    private Task<TestAnswer> PostAsync(TestToken token, string path, string body) => SendAsync(HttpMethod.Post, token, path, body);

    private Task<TestAnswer> SendAsync(HttpMethod method, TestToken token, string path, string? body, string? key = null) =>
        _app.SendAsync(method, path, token.Full, body, key);
}
