using FlowQuota.Tests.Apps;
using FlowQuota.Tokens;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace FlowQuota.Tests.Contract;

/// <summary>Protects PUT /flow/tokens/{token}: expiry, invalid combinations, and that a refused change changes nothing.</summary>
[Collection(ContractTests.Name)]
public sealed class ChangeTokenTests(EmbeddedContractApp shared)
{
    private readonly TestApp _app = shared.App;

    [Fact]
    public async Task Days_are_added_to_the_end_that_there_is_and_unlimited_takes_it_away()
    {
        var token = await CreateAsync(TokenBody.With("""{"operation":"set","specific_date":"2090-05-01 10:00:00"}"""));

        var data = Envelope.Data(await ChangeAsync(token, """{"operation":"add","days":31}"""));
        Assert.Equal("2090-06-01 10:00:00", data.GetProperty("expires_at").GetString());
        Assert.Equal("add", data.GetProperty("operation_type").GetString());

        data = Envelope.Data(await ChangeAsync(token, """{"operation":"unlimited"}"""));
        Assert.Null(data.GetProperty("expires_at").GetString());
        Assert.Equal("unlimited", data.GetProperty("operation_type").GetString());

        data = Envelope.Data(await ChangeAsync(token, """{"operation":"add","days":1}"""));
        Times.AssertAt(DateTime.UtcNow.AddDays(1), data.GetProperty("expires_at"));

        data = Envelope.Data(await ChangeAsync(token, """{"operation":"set","specific_date":"2099-12-31"}"""));
        Assert.Equal("2099-12-31 00:00:00", data.GetProperty("expires_at").GetString());
        Assert.Equal("set", data.GetProperty("operation_type").GetString());
    }

    [Fact]
    public async Task An_end_beyond_the_year_9999_is_refused_and_not_an_internal_error()
    {
        var token = await CreateAsync(TokenBody.Time("""{"operation":"set","specific_date":"9999-12-29"}"""));
        Envelope.Invalid(await ChangeAsync(token, """{"operation":"add","days":36500}"""), "days");
        Envelope.Invalid(await ChangeAsync(token, """{"operation":"add","days":3}"""), "days");
        Assert.Equal("9999-12-30 00:00:00", Envelope.Data(await ChangeAsync(token, """{"operation":"add","days":1}""")).GetProperty("expires_at").GetString());
    }

    [Fact]
    public async Task An_expired_token_is_refused_and_days_added_count_from_now()
    {
        var token = await CreateAsync(TokenBody.Time("""{"operation":"add","days":1}"""));
        await ExpireAsync(token);
        Envelope.Refused(await _app.ConsumeAsync(token), 401, "AuthenticationError", "expired");
        Envelope.Refused(await _app.SendAsync(HttpMethod.Get, "/flow/quota", token.Full), 401, "AuthenticationError", "expired");

        Times.AssertAt(DateTime.UtcNow.AddDays(3), Envelope.Data(await ChangeAsync(token, """{"operation":"add","days":3}""")).GetProperty("expires_at"));
        Envelope.Data(await _app.ConsumeAsync(token));
    }

    [Fact]
    public async Task Count_ends_at_no_calls_left_alone_and_hybrid_at_its_end_date_too()
    {
        var count = await CreateAsync(TokenBody.With("""{"operation":"add","days":1}"""));
        var hybrid = await CreateAsync(TokenBody.With("""{"operation":"add","days":1,"quota_type":"hybrid"}"""));
        await ExpireAsync(count);
        await ExpireAsync(hybrid);
        Envelope.Data(await _app.ConsumeAsync(count));
        Envelope.Refused(await _app.ConsumeAsync(hybrid), 401, "AuthenticationError", "expired");
        await AppLedger.AssertUntouchedAsync(_app, hybrid);

        var spent = await CreateAsync(TokenBody.With("""{"operation":"add","days":1,"quota_type":"hybrid","total_quota":1}"""));
        Envelope.Data(await _app.ConsumeAsync(spent));
        Envelope.Refused(await _app.ConsumeAsync(spent), 429, "QuotaExceeded");
    }

    [Fact]
    public async Task The_total_never_grows_beyond_what_an_INT_holds()
    {
        var token = await CreateAsync(TokenBody.With("""{"total_quota":2147483647}"""));
        await _app.ConsumeAsync(token, 2);
        Envelope.Invalid(await ChangeAsync(token, """{"quota_operation":"add","quota_amount":1}"""), "quota_amount");
        Envelope.Invalid(await ChangeAsync(token, """{"quota_operation":"set","quota_amount":2147483646}"""), "quota_amount");
        Assert.Equal((int.MaxValue - 2, int.MaxValue, 2), await AppLedger.QuotaAsync(_app, token));
        Assert.Equal(2, (await AppLedger.RowsAsync(_app, token)).Count);

        Envelope.Data(await ChangeAsync(token, """{"quota_operation":"set","quota_amount":2147483645}"""));
        Envelope.Data(await ChangeAsync(token, """{"quota_operation":"reset","quota_amount":2147483647}"""));
        Assert.Equal((int.MaxValue, int.MaxValue, 0), await AppLedger.QuotaAsync(_app, token));
    }

    [Fact]
    public async Task A_change_that_is_refused_for_its_quota_does_not_change_the_terms_either()
    {
        var token = await CreateAsync(TokenBody.With("""{"total_quota":2147483647}"""));
        foreach (string operation in new[] { "add", "set" })
        {
            await _app.ConsumeAsync(token);
            Envelope.Invalid(await ChangeAsync(token, $$"""{"is_active":false,"quota_operation":"{{operation}}","quota_amount":2147483647}"""), "quota_amount");
            var stored = Envelope.Data(await _app.AdminAsync(HttpMethod.Get, $"/flow/tokens?token={token.Id}")).GetProperty("tokens")[0];
            Assert.True(stored.GetProperty("is_active").GetBoolean());
            Envelope.Data(await _app.ConsumeAsync(token));
        }
    }

    [Fact]
    public async Task Terms_and_quota_change_together_in_one_request()
    {
        var token = await _app.CreateTokenAsync();
        var data = Envelope.Data(await ChangeAsync(token, """
            {"operation":"set","specific_date":"2099-01-01","quota_type":"hybrid","rate_limit_per_minute":5,"quota_operation":"add","quota_amount":5}
            """));
        Assert.Equal("hybrid", data.GetProperty("quota_type").GetString());
        Assert.Equal("2099-01-01 00:00:00", data.GetProperty("expires_at").GetString());
        Assert.Equal(5, data.GetProperty("rate_limit_per_minute").GetInt32());
        Assert.Equal(15, data.GetProperty("remaining_quota").GetInt32());
        Assert.Equal([(0, 10, 10, "init"), (10, 15, 5, "recharge")], (await AppLedger.RowsAsync(_app, token)).Select(AppLedger.Figures));
    }

    [Fact]
    public async Task A_change_of_terms_alone_writes_no_row_and_leaves_the_rest_as_it_was()
    {
        var token = await CreateAsync(TokenBody.With("""{"rate_limit_per_minute":60,"rate_limit_burst":9}"""));
        var data = Envelope.Data(await ChangeAsync(token, """{"rate_limit_window_seconds":30}"""));
        Assert.Equal(60, data.GetProperty("rate_limit_per_minute").GetInt32());
        Assert.Equal(9, data.GetProperty("rate_limit_burst").GetInt32());
        Assert.Equal(30, data.GetProperty("rate_limit_window_seconds").GetInt32());
        Assert.True(data.GetProperty("is_active").GetBoolean());
        await AppLedger.AssertUntouchedAsync(_app, token);
    }

    [Theory]
    [InlineData("{}", "body")]
    [InlineData("""{"is_active":null}""", "body")]
    [InlineData("""{"quota_operation":"double"}""", "quota_operation")]
    [InlineData("""{"quota_operation":1}""", "quota_operation")]
    [InlineData("""{"quota_operation":"add"}""", "quota_amount")]
    [InlineData("""{"quota_operation":"set"}""", "quota_amount")]
    [InlineData("""{"quota_amount":5}""", "quota_amount")]
    [InlineData("""{"quota_operation":"add","quota_amount":0}""", "quota_amount")]
    [InlineData("""{"quota_operation":"add","quota_amount":-1}""", "quota_amount")]
    [InlineData("""{"quota_operation":"set","quota_amount":-1}""", "quota_amount")]
    [InlineData("""{"quota_operation":"reset","quota_amount":-1}""", "quota_amount")]
    [InlineData("""{"quota_operation":"set","quota_amount":1.5}""", "quota_amount")]
    [InlineData("""{"quota_operation":"set","quota_amount":"5"}""", "quota_amount")]
    [InlineData("""{"quota_operation":"add","quota_amount":2147483648}""", "quota_amount")]
    [InlineData("""{"quota_operation":"add","quota_amount":2147483638}""", "quota_amount")]
    [InlineData("""{"quota_type":"time","quota_operation":"add","quota_amount":1}""", "quota_operation")]
    [InlineData("""{"quota_type":"none"}""", "quota_type")]
    [InlineData("""{"is_active":"no"}""", "is_active")]
    [InlineData("""{"is_active":0}""", "is_active")]
    [InlineData("""{"operation":"add"}""", "days")]
    [InlineData("""{"days":3}""", "days")]
    [InlineData("""{"operation":"set","specific_date":"2001-01-01"}""", "specific_date")]
    [InlineData("""{"operation":"never"}""", "operation")]
    [InlineData("""{"rate_limit_per_minute":0}""", "rate_limit_per_minute")]
    [InlineData("""{"rate_limit_burst":"many"}""", "rate_limit_burst")]
    [InlineData("""{"rate_limit_window_seconds":86401}""", "rate_limit_window_seconds")]
    [InlineData("""{"total_quota":50}""", "total_quota")]
    [InlineData("""{"ws_id":"other"}""", "ws_id")]
    [InlineData("""{"remaining_quota":50}""", "remaining_quota")]
    public async Task A_wrong_or_unknown_field_is_named_and_nothing_changes(string body, string named)
    {
        var token = await _app.CreateTokenAsync();
        Envelope.Invalid(await ChangeAsync(token, body), named);
        await AppLedger.AssertUntouchedAsync(_app, token);
        var stored = Envelope.Data(await _app.AdminAsync(HttpMethod.Get, $"/flow/tokens?token={token.Id}")).GetProperty("tokens")[0];
        Assert.Equal(stored.GetProperty("created_at").GetString(), stored.GetProperty("updated_at").GetString());
    }

    [Theory]
    [InlineData("""{"quota_operation":"add","quota_amount":1}""", "quota_operation")]
    [InlineData("""{"quota_operation":"reset"}""", "quota_operation")]
    [InlineData("""{"quota_type":"count"}""", "quota_operation")]
    [InlineData("""{"quota_type":"hybrid"}""", "quota_operation")]
    [InlineData("""{"quota_type":"count","quota_operation":"reset"}""", "quota_amount")]
    public async Task A_time_token_has_no_quota_to_change_until_it_gets_one(string body, string named)
    {
        var token = await CreateAsync(TokenBody.Time());
        Envelope.Invalid(await ChangeAsync(token, body), named);
        Assert.Equal((null, null, 0), await AppLedger.QuotaAsync(_app, token));
    }

    [Fact]
    public async Task A_token_that_is_not_there_is_404_whatever_it_looks_like()
    {
        string full = _app.Services.GetRequiredService<TokenCodec>().Mint().FullToken;
        foreach (string name in new[] { full, full[..29], "flow_forged", "x", "%0A", "%F0%9F%98%80", new string('a', 500) })
        {
            Envelope.Refused(await _app.AdminAsync(HttpMethod.Put, $"/flow/tokens/{name}", """{"is_active":true}"""), 404, "NotFound");
            Envelope.Refused(await _app.AdminAsync(HttpMethod.Delete, $"/flow/tokens/{name}"), 404, "NotFound");
            Envelope.Refused(await _app.AdminAsync(HttpMethod.Get, $"/flow/tokens/{name}/quota"), 404, "NotFound");
            Envelope.Refused(await _app.AdminAsync(HttpMethod.Get, $"/flow/tokens/{name}/quota/logs"), 404, "NotFound");
        }
    }

    /// <summary>Lets the end date pass, in Redis, which enforces it, and in SQL.</summary>
    private async Task ExpireAsync(TestToken token)
    {
        var past = DateTime.UtcNow.AddDays(-1);
        var store = _app.Services.GetRequiredService<ITokenStore>();
        var stored = (await store.FindAsync(token.Id, default))!;
        Assert.NotNull(await store.TryUpdateTermsAsync(stored with { ExpiresAt = past }, default));
        await _app.Redis.HashSetAsync($"token:{token.Id}", "expires", new DateTimeOffset(past).ToUnixTimeMilliseconds());
    }

    private Task<TestToken> CreateAsync(string body) => _app.CreateTokenAsync(body);

    private Task<TestAnswer> ChangeAsync(TestToken token, string body) => _app.AdminAsync(HttpMethod.Put, $"/flow/tokens/{token.Id}", body);
}
