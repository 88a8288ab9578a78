using System.Globalization;
using System.Text.Json;
using FlowQuota.Periods;
using FlowQuota.Tests.Apps;
using FlowQuota.Tokens;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace FlowQuota.Tests.Contract;

/// <summary>Protects the field <c>period</c> of create and change, what answers say of it, and when a refused caller may come again.</summary>
[Collection(ContractTests.Name)]
public sealed class PeriodTests(EmbeddedContractApp shared)
{
    private static readonly string[] Fields =
        ["unit", "every", "amount", "anchor", "time_zone", "carry_over", "index", "starts_at", "ends_at"];

    private readonly TestApp _app = shared.App;

    [Fact]
    public async Task A_rule_has_defaults_and_its_amount_is_the_quota()
    {
        var (data, token) = await CreateAsync("""{"unit":"month","amount":100}""");

        Assert.Equal((100, 100, 0), (Int(data, "total_quota"), Int(data, "remaining_quota"), Int(data, "bought_quota")));
        var period = data.GetProperty("period");
        Assert.Equal(Fields, Envelope.Names(period));
        Assert.Equal("""["month",1,100,null,"Asia/Shanghai",0,1]""", Values(period, Fields[..7]));
        AssertBounds(new PeriodRule(PeriodUnit.Month, 1, 100, null, ContractApp.TimeZone, 0), period);
        foreach (var view in await ViewsAsync(token))
            Assert.Equal((period.GetRawText(), 0), (view.GetProperty("period").GetRawText(), Int(view, "bought_quota")));
    }

    [Fact]
    public async Task Each_field_of_a_rule_is_told_as_it_was_sent()
    {
        var (data, _) = await CreateAsync(
            """{"unit":"week","every":2,"amount":7,"anchor":"2026-01-31 09:30:00","time_zone":"Europe/Berlin","carry_over":null}""", """{"total_quota":7}""");

        var period = data.GetProperty("period");
        Assert.Equal("""["week",2,7,"2026-01-31 09:30:00","Europe/Berlin",null,1]""", Values(period, Fields[..7]));
        AssertBounds(new PeriodRule(PeriodUnit.Week, 2, 7, new DateTime(2026, 1, 31, 8, 30, 0, DateTimeKind.Utc), "Europe/Berlin", null), period);
    }

    [Theory]
    [InlineData("""{"period":7}""", "period")]
    [InlineData("""{"period":[]}""", "period")]
    [InlineData("""{"period":{}}""", "period")]
    [InlineData("""{"period":{"amount":1}}""", "period.unit")]
    [InlineData("""{"period":{"unit":"month"}}""", "period.amount")]
    [InlineData("""{"period":{"unit":"minute","amount":1}}""", "period.unit")]
    [InlineData("""{"period":{"unit":"month","amount":0}}""", "period.amount")]
    [InlineData("""{"period":{"unit":"month","amount":2147483648}}""", "period.amount")]
    [InlineData("""{"period":{"unit":"month","amount":1,"every":0}}""", "period.every")]
    [InlineData("""{"period":{"unit":"hour","amount":1,"every":8761}}""", "period.every")]
    [InlineData("""{"period":{"unit":"day","amount":1,"every":367}}""", "period.every")]
    [InlineData("""{"period":{"unit":"week","amount":1,"every":53}}""", "period.every")]
    [InlineData("""{"period":{"unit":"month","amount":1,"every":25}}""", "period.every")]
    [InlineData("""{"period":{"unit":"year","amount":1,"every":6}}""", "period.every")]
    [InlineData("""{"period":{"unit":"month","amount":1,"carry_over":-1}}""", "period.carry_over")]
    [InlineData("""{"period":{"unit":"month","amount":1,"time_zone":"Europe/Bonn"}}""", "period.time_zone")]
    [InlineData("""{"period":{"unit":"month","amount":1,"time_zone":"a b"}}""", "period.time_zone")]
    [InlineData("""{"period":{"unit":"month","amount":1,"anchor":"yesterday"}}""", "period.anchor")]
    [InlineData("""{"period":{"unit":"month","amount":1,"anchor":"2026-02-30"}}""", "period.anchor")]
    [InlineData("""{"period":{"unit":"month","amount":1,"anchor":5}}""", "period.anchor")]
    [InlineData("""{"period":{"unit":"month","amount":1,"months":1}}""", "period.months")]
    [InlineData("""{"period":{"unit":"month","amount":1,"unit":"day"}}""", "body")]
    [InlineData("""{"period":{"unit":"month","amount":1,"\ud800":1}}""", "body")]
    [InlineData("""{"period":{"unit":"\ud800","amount":1}}""", "period.unit")]
    [InlineData("""{"period":{"unit":"month","amount":1},"total_quota":2}""", "total_quota")]
    public async Task A_wrong_field_is_named_after_the_object_that_it_is_in(string fields, string named)
    {
        string body = fields.Replace("{\"period\"", """{"ws_id":"ws","email":"a@example.com","operation":"unlimited","quota_type":"count","period" """, StringComparison.Ordinal);
        Envelope.Invalid(await _app.AdminAsync(HttpMethod.Post, "/flow/tokens", body), named);
    }

    [Fact]
    public async Task A_time_token_has_no_periods()
    {
        const string period = """{"period":{"unit":"month","amount":1}}""";
        Envelope.Invalid(await _app.AdminAsync(HttpMethod.Post, "/flow/tokens", TokenBody.Time(period)), "period");

        var token = await _app.CreateTokenAsync(TokenBody.Time("""{"period":null}"""));
        Envelope.Invalid(await ChangeAsync(token, period), "period");
        foreach (var view in await ViewsAsync(token))
            Assert.DoesNotContain(Envelope.Names(view), name => name is "period" or "bought_quota");
    }

    [Fact]
    public async Task A_change_gives_some_fields_and_leaves_the_others()
    {
        var (_, token) = await CreateAsync("""{"unit":"month","every":2,"amount":10,"anchor":"2026-01-31","time_zone":"Europe/Berlin","carry_over":4}""");

        var data = Envelope.Data(await ChangeAsync(token, """{"period":{"amount":15}}"""));
        Assert.Equal("""["month",2,15,"2026-01-31 00:00:00","Europe/Berlin",4,1]""", Values(data.GetProperty("period"), Fields[..7]));
        Assert.Equal((15, 15), (Int(data, "total_quota"), Int(data, "remaining_quota")));
        Assert.Equal((10, 15, 5, "recharge"), AppLedger.Figures(await AppLedger.LastRowAsync(_app, token)));

        string ends = data.GetProperty("period").GetProperty("ends_at").GetString()!;
        // From the end of this period on. Another unit has another length, so every is 1 again.
        data = Envelope.Data(await ChangeAsync(token, """{"period":{"unit":"day","anchor":null,"time_zone":"Asia/Tokyo","carry_over":null}}"""));
        Assert.Equal("""["day",1,15,null,"Asia/Tokyo",null,1]""", Values(data.GetProperty("period"), Fields[..7]));
        Assert.Equal(ends, data.GetProperty("period").GetProperty("ends_at").GetString());

        Envelope.Invalid(await ChangeAsync(token, """{"period":{"every":367}}"""), "period.every");
        Envelope.Invalid(await ChangeAsync(token, """{"period":{}}"""), "period");
        // A date is one of the zone that the token has.
        data = Envelope.Data(await ChangeAsync(token, """{"period":{"anchor":"2026-03-01 05:00:00"}}"""));
        Assert.Equal("2026-03-01 05:00:00", data.GetProperty("period").GetProperty("anchor").GetString());
    }

    [Fact]
    public async Task Null_ends_the_periods_and_what_is_left_stays()
    {
        var (_, token) = await CreateAsync("""{"unit":"day","amount":10}""");
        await _app.ConsumeAsync(token, 3);

        var data = Envelope.Data(await ChangeAsync(token, """{"period":null}"""));
        Assert.DoesNotContain(Envelope.Names(data), name => name is "period" or "bought_quota");
        Assert.Equal(7, Int(data, "remaining_quota"));

        await _app.ConsumeAsync(token, 7);
        Envelope.Refused(await _app.ConsumeAsync(token), 429, "QuotaExceeded");
    }

    [Fact]
    public async Task What_was_bought_is_used_last()
    {
        var (_, token) = await CreateAsync("""{"unit":"day","amount":10}""");
        Envelope.Data(await ChangeAsync(token, """{"quota_operation":"add","quota_amount":5}"""));
        foreach (var (cost, remaining, bought) in new[] { (4, 11, 5), (6, 5, 5), (2, 3, 3) })
        {
            await _app.ConsumeAsync(token, cost);
            foreach (var view in await ViewsAsync(token))
                Assert.Equal((remaining, bought), (Int(view, "remaining_quota"), Int(view, "bought_quota")));
        }
    }

    [Fact]
    public async Task A_refused_caller_learns_when_the_quota_refills()
    {
        var (data, token) = await CreateAsync("""{"unit":"hour","every":5,"amount":3}""");
        string refills = data.GetProperty("period").GetProperty("ends_at").GetString()!;
        await _app.ConsumeAsync(token, 2);

        foreach (var (cost, answer) in new[] { (2, await _app.ConsumeAsync(token, 2)), (2, await AuthorizeAsync(token, 2)) })
        {
            Envelope.Refused(answer, 429, "QuotaExceeded", $"cost {cost} is more than the 1 left; it refills at {refills}.", refills: true);
            int seconds = int.Parse(Envelope.Header(answer, "Retry-After")!, CultureInfo.InvariantCulture);
            Assert.InRange((Times.Utc(data.GetProperty("period").GetProperty("ends_at")) - DateTime.UtcNow).TotalSeconds, seconds - 120, seconds);
            Assert.Equal("\"quota\";q=3;w=18000", Envelope.Header(answer, "RateLimit-Policy"));
            string left = Envelope.Header(answer, "RateLimit")!;
            Assert.StartsWith("\"quota\";r=1;t=", left, StringComparison.Ordinal);
            Assert.InRange(int.Parse(left[(left.LastIndexOf('=') + 1)..], CultureInfo.InvariantCulture), seconds - 120, seconds);
        }

        await _app.ConsumeAsync(token);
        Envelope.Refused(await _app.ConsumeAsync(token), 429, "QuotaExceeded", $"0 of 3 calls left; it refills at {refills}.", refills: true);
        var check = Envelope.Data(await _app.SendAsync(HttpMethod.Post, "/flow/check", token.Full, "{}"));
        Assert.Equal("QuotaExceeded", check.GetProperty("reason").GetString());
        Assert.InRange(Int(check, "retry_after"), 1, 18000);
    }

    [Fact]
    public async Task A_token_that_ends_before_its_quota_refills_promises_nothing()
    {
        var (_, token) = await CreateAsync($$"""{"unit":"year","every":5,"amount":1,"anchor":"{{DateTime.UtcNow:yyyy-MM-dd}}"}""", """{"quota_type":"hybrid","operation":"add","days":1}""");
        await _app.ConsumeAsync(token);

        Envelope.Refused(await _app.ConsumeAsync(token), 429, "QuotaExceeded", "0 of 1 calls left.");
        Assert.Null(AppLedger.Figure(Envelope.Data(await _app.SendAsync(HttpMethod.Post, "/flow/check", token.Full, "{}")).GetProperty("retry_after")));
    }

    [Fact]
    public async Task A_quota_whose_period_is_over_is_told_as_refilled_and_the_log_says_of_which_period()
    {
        DateTime year = new(DateTime.UtcNow.Year, 1, 1, 0, 0, 0, DateTimeKind.Utc);
        var token = await CreateInThePastAsync(new PeriodRule(PeriodUnit.Year, 1, 10, null, "UTC", 1), new PeriodState(3, year.AddYears(-1), year, 10, 0));

        var listed = Envelope.Data(await _app.AdminAsync(HttpMethod.Get, $"/flow/tokens?token={token.Id}")).GetProperty("tokens")[0];
        Assert.Equal((11, 11, 4), (Int(listed, "remaining_quota"), Int(listed, "total_quota"), Int(listed.GetProperty("period"), "index")));
        Assert.Equal(2, (await _app.ConsumeAsync(token, 9)).Data.GetProperty("remaining_quota").GetInt32());

        var rows = await AppLedger.RowsAsync(_app, token);
        Assert.Equal([(0, 4, 4, "init"), (4, 1, -3, "expire"), (1, 11, 10, "refill"), (11, 2, -9, "consume")], rows.Select(AppLedger.Figures));
        Assert.Equal([3, 4], rows.Skip(1).Take(2).Select(row => Int(row, "period")));
        Assert.All(rows.Skip(1).Take(2), row => Assert.Equal(year, Times.Utc(row.GetProperty("effective_at"))));
        Assert.DoesNotContain("effective_at", Envelope.Names(rows[3]));
        var refill = Envelope.Data(await _app.AdminAsync(HttpMethod.Get, $"/flow/tokens/{token.Id}/quota/logs?action=refill"));
        Assert.Equal(1, Int(refill, "total"));
    }

    private static int Int(JsonElement data, string name) => data.GetProperty(name).GetInt32();

    private static string Values(JsonElement period, string[] names) => $"[{string.Join(',', names.Select(name => period.GetProperty(name).GetRawText()))}]";

    private static void AssertBounds(PeriodRule rule, JsonElement period) => Assert.Contains(
        new PeriodBounds(Times.Utc(period.GetProperty("starts_at")), Times.Utc(period.GetProperty("ends_at"))),
        // The boundary may pass while the test runs.
        new[] { rule.PeriodAt(DateTime.UtcNow), rule.PeriodAt(DateTime.UtcNow.AddMinutes(-5)) });

    /// <summary>Makes a token that nobody has touched since its period ended with 4 units left.</summary>
    private async Task<TestToken> CreateInThePastAsync(PeriodRule rule, PeriodState state)
    {
        var (token, full) = await PeriodicTokens.StoreAsync(
            _app.Services.GetRequiredService<ITokenStore>(), _app.Services.GetRequiredService<TokenCodec>(), rule, state, left: 4);
        return new TestToken(full, token.TokenId);
    }

    private async Task<(JsonElement Data, TestToken Token)> CreateAsync(string period, string fields = "{}")
    {
        string body = TokenBody.With(fields, fields.Contains("total_quota", StringComparison.Ordinal) ? "" : "total_quota");
        var data = Envelope.Data(await _app.AdminAsync(HttpMethod.Post, "/flow/tokens", body[..^1] + $$""","period":{{period}}}"""));
        return (data, new TestToken(data.GetProperty("access_token").GetString()!, data.GetProperty("token_id").GetString()!));
    }

    private Task<TestAnswer> ChangeAsync(TestToken token, string body) => _app.AdminAsync(HttpMethod.Put, $"/flow/tokens/{token.Id}", body);

    private Task<TestAnswer> AuthorizeAsync(TestToken token, int cost) => _app.SendAsync(HttpMethod.Get, $"/flow/authorize?cost={cost}", token.Full);

    /// <summary>The token in the list, its quota for admins, and its quota for its holder.</summary>
    private async Task<JsonElement[]> ViewsAsync(TestToken token) =>
    [
        Envelope.Data(await _app.AdminAsync(HttpMethod.Get, $"/flow/tokens?token={token.Id}")).GetProperty("tokens")[0],
        Envelope.Data(await _app.AdminAsync(HttpMethod.Get, $"/flow/tokens/{token.Id}/quota")),
        Envelope.Data(await _app.SendAsync(HttpMethod.Get, "/flow/quota", token.Full)),
    ];
}
