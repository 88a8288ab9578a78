using System.Text.Json;
using FlowQuota.Tests.Apps;
using Xunit;

namespace FlowQuota.Tests.Contract;

/// <summary>Protects POST /flow/tokens: every rule of its body, and the token that is shown once.</summary>
[Collection(ContractTests.Name)]
public sealed class CreateTokenTests(EmbeddedContractApp shared)
{
    private readonly TestApp _app = shared.App;

    [Fact]
    public async Task The_answer_has_every_field_of_the_contract_in_its_order()
    {
        var data = Envelope.Data(await CreateAsync("""
            {"ws_id":"test_workspace","email":"test@example.com","operation":"unlimited","quota_type":"count","total_quota":10,"rate_limit_per_minute":60}
            """));

        Assert.Equal(
            [
                "id", "access_token", "token_id", "ws_id", "email", "created_at", "expires_at", "operation_type", "is_active", "quota_type",
                "total_quota", "remaining_quota", "rate_limit_per_minute", "rate_limit_burst", "rate_limit_window_seconds", "quota_synced_at", "updated_at",
            ],
            Envelope.Names(data));
        Assert.True(data.GetProperty("id").GetInt64() > 0);
        Assert.Equal("test_workspace", data.GetProperty("ws_id").GetString());
        Assert.Equal("test@example.com", data.GetProperty("email").GetString());
        Assert.Equal(JsonValueKind.Null, data.GetProperty("expires_at").ValueKind);
        Assert.Equal("unlimited", data.GetProperty("operation_type").GetString());
        Assert.True(data.GetProperty("is_active").GetBoolean());
        Assert.Equal("count", data.GetProperty("quota_type").GetString());
        Assert.Equal(10, data.GetProperty("total_quota").GetInt32());
        Assert.Equal(10, data.GetProperty("remaining_quota").GetInt32());
        Assert.Equal(60, data.GetProperty("rate_limit_per_minute").GetInt32());
        Assert.Equal(JsonValueKind.Null, data.GetProperty("rate_limit_burst").ValueKind);
        Assert.Equal(60, data.GetProperty("rate_limit_window_seconds").GetInt32());
        foreach (string time in new[] { "created_at", "quota_synced_at", "updated_at" })
            Times.AssertNow(data.GetProperty(time));
    }

    [Fact]
    public async Task The_full_token_is_the_public_id_and_a_secret_and_is_never_shown_again()
    {
        var created = Envelope.Data(await CreateAsync(TokenBody.With("""{"ws_id":"shown-once"}""")));
        string full = created.GetProperty("access_token").GetString()!;
        string id = created.GetProperty("token_id").GetString()!;
        Assert.Matches("^flow_[0-9a-z]+$", id);
        Assert.Matches($"^{id}_[0-9a-z]{{38,}}$", full);

        string secret = full[(id.Length + 1)..];
        foreach (var answer in new[]
        {
            await _app.AdminAsync(HttpMethod.Get, $"/flow/tokens?token={full}"),
            await _app.AdminAsync(HttpMethod.Get, "/flow/tokens?ws_id=shown-once"),
            await _app.AdminAsync(HttpMethod.Put, $"/flow/tokens/{full}", """{"is_active":true}"""),
            await _app.AdminAsync(HttpMethod.Get, $"/flow/tokens/{full}/quota"),
            await _app.AdminAsync(HttpMethod.Get, $"/flow/tokens/{full}/quota/logs"),
            await _app.AdminAsync(HttpMethod.Delete, $"/flow/tokens/{full}"),
        })
        {
            Assert.DoesNotContain(secret, Envelope.Data(answer).GetRawText(), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task The_first_row_of_the_log_says_what_was_granted_and_by_which_request()
    {
        var created = await CreateAsync(TokenBody.With("""{"total_quota":7}"""));
        var token = Token(created);

        var row = Assert.Single(await AppLedger.RowsAsync(_app, token));
        Assert.Equal((0, 7, 7, "init"), AppLedger.Figures(row));
        Assert.Equal(created.Body.GetProperty("request_id").GetString(), row.GetProperty("request_id").GetString());
    }

    [Fact]
    public async Task Days_are_added_to_the_present()
    {
        foreach (int days in new[] { 1, 30, 36_500 })
        {
            var data = Envelope.Data(await CreateAsync(TokenBody.With($$"""{"operation":"add","days":{{days}}}""")));
            Assert.Equal("add", data.GetProperty("operation_type").GetString());
            Times.AssertAt(DateTime.UtcNow.AddDays(days), data.GetProperty("expires_at"));
        }
    }

    [Theory]
    [InlineData("2099-01-02", "2099-01-02 00:00:00")]
    [InlineData("2099-01-02 03:04:05", "2099-01-02 03:04:05")]
    public async Task A_date_is_read_and_told_in_the_time_zone(string date, string told)
    {
        var answer = await CreateAsync(TokenBody.With($$"""{"operation":"set","specific_date":"{{date}}"}"""));
        Assert.Equal(told, Envelope.Data(answer).GetProperty("expires_at").GetString());
        Assert.Equal("set", answer.Data.GetProperty("operation_type").GetString());
    }

    [Fact]
    public async Task The_next_minute_in_the_time_zone_is_in_the_future_and_the_last_is_not()
    {
        string Body(int minutes) => TokenBody.With($$"""{"operation":"set","specific_date":"{{Times.Tell(DateTime.UtcNow.AddMinutes(minutes))}}"}""");

        Envelope.Data(await CreateAsync(Body(2)));
        Envelope.Invalid(await CreateAsync(Body(-2)), "specific_date");
    }

    [Fact]
    public async Task The_type_is_time_where_none_is_given_and_has_no_quota()
    {
        var data = Envelope.Data(await CreateAsync(TokenBody.Time()));
        Assert.Equal("time", data.GetProperty("quota_type").GetString());
        Assert.Equal(JsonValueKind.Null, data.GetProperty("total_quota").ValueKind);
        Assert.Equal(JsonValueKind.Null, data.GetProperty("remaining_quota").ValueKind);
    }

    [Theory]
    [InlineData("""{"quota_type":"hybrid","total_quota":1}""", "total_quota", 1)]
    [InlineData("""{"total_quota":2147483647}""", "remaining_quota", int.MaxValue)]
    [InlineData("""{"rate_limit_per_minute":2147483647}""", "rate_limit_per_minute", int.MaxValue)]
    [InlineData("""{"rate_limit_burst":1}""", "rate_limit_burst", 1)]
    [InlineData("""{"rate_limit_window_seconds":1}""", "rate_limit_window_seconds", 1)]
    [InlineData("""{"rate_limit_window_seconds":86400}""", "rate_limit_window_seconds", 86_400)]
    [InlineData("""{"rate_limit_window_seconds":null}""", "rate_limit_window_seconds", 60)]
    public async Task The_ends_of_each_range_are_good(string fields, string name, int value) =>
        Assert.Equal(value, Envelope.Data(await CreateAsync(TokenBody.With(fields))).GetProperty(name).GetInt32());

    [Fact]
    public async Task Names_may_be_in_any_language_and_255_characters_long()
    {
        string name = string.Concat(Enumerable.Repeat("工作区é", 64))[..255];
        var data = Envelope.Data(await CreateAsync(TokenBody.With($$"""{"ws_id":"{{name}}","email":"josé@exämple.com"}""")));
        Assert.Equal(name, data.GetProperty("ws_id").GetString());
        Assert.Equal("josé@exämple.com", data.GetProperty("email").GetString());
    }

    [Theory]
    [InlineData("{}", "ws_id", "ws_id")]
    [InlineData("""{"ws_id":null}""", "", "ws_id")]
    [InlineData("""{"ws_id":""}""", "", "ws_id")]
    [InlineData("""{"ws_id":"  "}""", "", "ws_id")]
    [InlineData("""{"ws_id":5}""", "", "ws_id")]
    [InlineData("""{"ws_id":["ws"]}""", "", "ws_id")]
    [InlineData("""{"ws_id":{"a":1}}""", "", "ws_id")]
    [InlineData("""{"ws_id":"a\u0000b"}""", "", "ws_id")]
    [InlineData("""{"ws_id":"a\nb"}""", "", "ws_id")]
    [InlineData("{}", "email", "email")]
    [InlineData("""{"email":"nobody"}""", "", "email")]
    [InlineData("""{"email":"a@"}""", "", "email")]
    [InlineData("""{"email":"a@b@c"}""", "", "email")]
    [InlineData("""{"email":"A <a@example.com>"}""", "", "email")]
    [InlineData("""{"email":"a@example.com "}""", "", "email")]
    [InlineData("""{"email":true}""", "", "email")]
    [InlineData("{}", "operation", "operation")]
    [InlineData("""{"operation":null}""", "", "operation")]
    [InlineData("""{"operation":"forever"}""", "", "operation")]
    [InlineData("""{"operation":"ADD","days":1}""", "", "operation")]
    [InlineData("""{"operation":1}""", "", "operation")]
    [InlineData("""{"operation":"add"}""", "", "days")]
    [InlineData("""{"days":5}""", "", "days")]
    [InlineData("""{"operation":"set","specific_date":"2099-01-01","days":5}""", "", "days")]
    [InlineData("""{"operation":"add","days":0}""", "", "days")]
    [InlineData("""{"operation":"add","days":-1}""", "", "days")]
    [InlineData("""{"operation":"add","days":36501}""", "", "days")]
    [InlineData("""{"operation":"add","days":1.5}""", "", "days")]
    [InlineData("""{"operation":"add","days":"7"}""", "", "days")]
    [InlineData("""{"operation":"add","days":99999999999999999999}""", "", "days")]
    [InlineData("""{"operation":"set"}""", "", "specific_date")]
    [InlineData("""{"specific_date":"2099-01-01"}""", "", "specific_date")]
    [InlineData("""{"operation":"add","days":1,"specific_date":"2099-01-01"}""", "", "specific_date")]
    [InlineData("""{"operation":"set","specific_date":"2020-01-01"}""", "", "specific_date")]
    [InlineData("""{"operation":"set","specific_date":"0001-01-01"}""", "", "specific_date")]
    [InlineData("""{"operation":"set","specific_date":"10000-01-01"}""", "", "specific_date")]
    [InlineData("""{"operation":"set","specific_date":"tomorrow"}""", "", "specific_date")]
    [InlineData("""{"operation":"set","specific_date":""}""", "", "specific_date")]
    [InlineData("""{"operation":"set","specific_date":"2099-02-30"}""", "", "specific_date")]
    [InlineData("""{"operation":"set","specific_date":"2099-13-01"}""", "", "specific_date")]
    [InlineData("""{"operation":"set","specific_date":"2099-01-01T00:00:00Z"}""", "", "specific_date")]
    [InlineData("""{"operation":"set","specific_date":"2099-01-01 25:00:00"}""", "", "specific_date")]
    [InlineData("""{"operation":"set","specific_date":20990101}""", "", "specific_date")]
    [InlineData("""{"quota_type":"calls"}""", "", "quota_type")]
    [InlineData("""{"quota_type":"COUNT"}""", "", "quota_type")]
    [InlineData("""{"quota_type":3}""", "", "quota_type")]
    [InlineData("{}", "total_quota", "total_quota")]
    [InlineData("""{"quota_type":"hybrid"}""", "total_quota", "total_quota")]
    [InlineData("""{"total_quota":null}""", "", "total_quota")]
    [InlineData("""{"quota_type":"time"}""", "", "total_quota")]
    [InlineData("{}", "quota_type", "total_quota")]
    [InlineData("""{"total_quota":0}""", "", "total_quota")]
    [InlineData("""{"total_quota":-5}""", "", "total_quota")]
    [InlineData("""{"total_quota":2147483648}""", "", "total_quota")]
    [InlineData("""{"total_quota":10.5}""", "", "total_quota")]
    [InlineData("""{"total_quota":"10"}""", "", "total_quota")]
    [InlineData("""{"rate_limit_per_minute":0}""", "", "rate_limit_per_minute")]
    [InlineData("""{"rate_limit_per_minute":-1}""", "", "rate_limit_per_minute")]
    [InlineData("""{"rate_limit_per_minute":"60"}""", "", "rate_limit_per_minute")]
    [InlineData("""{"rate_limit_per_minute":2147483648}""", "", "rate_limit_per_minute")]
    [InlineData("""{"rate_limit_burst":0}""", "", "rate_limit_burst")]
    [InlineData("""{"rate_limit_burst":false}""", "", "rate_limit_burst")]
    [InlineData("""{"rate_limit_window_seconds":0}""", "", "rate_limit_window_seconds")]
    [InlineData("""{"rate_limit_window_seconds":86401}""", "", "rate_limit_window_seconds")]
    [InlineData("""{"totalquota":5}""", "", "totalquota")]
    [InlineData("""{"Ws_id":"ws"}""", "", "Ws_id")]
    [InlineData("""{"is_active":true}""", "", "is_active")]
    [InlineData("""{"":1}""", "", "")]
    public async Task A_wrong_or_missing_or_unknown_field_is_named_and_no_token_is_made(string fields, string without, string named)
    {
        long before = await CountAsync();
        Envelope.Invalid(await CreateAsync(TokenBody.With(fields, without)), named);
        Assert.Equal(before, await CountAsync());
    }

    [Theory]
    [InlineData("ws_id")]
    [InlineData("email")]
    public async Task A_name_of_256_characters_is_too_long(string field)
    {
        string value = field == "email" ? new string('a', 245) + "@example.com" : new string('w', 256);
        Envelope.Invalid(await CreateAsync(TokenBody.With($$"""{"{{field}}":"{{value}}"}""")), field);
    }

    private static TestToken Token(TestAnswer created) =>
        new(created.Data.GetProperty("access_token").GetString()!, created.Data.GetProperty("token_id").GetString()!);

    private Task<TestAnswer> CreateAsync(string body) => _app.AdminAsync(HttpMethod.Post, "/flow/tokens", body);

    private async Task<long> CountAsync() =>
        Envelope.Data(await _app.AdminAsync(HttpMethod.Get, "/flow/tokens?page_size=1")).GetProperty("count").GetInt64();
}
