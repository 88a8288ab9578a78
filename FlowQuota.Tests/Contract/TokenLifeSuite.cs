using System.Text.Json;
using FlowQuota.Tests.Apps;
using FlowQuota.Tests.Servers;
using FlowQuota.Tokens;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace FlowQuota.Tests.Contract;

/// <summary>The lifecycle of a token, made, used, changed, exhausted, deleted: the same promises on every pair of stores.</summary>
public abstract class TokenLifeSuite(ContractApp shared)
{
    private readonly TestApp _app = shared.App;

    [SuiteFact]
    public async Task Each_quota_operation_does_to_remaining_total_and_log_what_the_table_says()
    {
        var table = new (string Body, int Remaining, int Total, string Action)[]
        {
            ("""{"quota_operation":"add","quota_amount":5}""", 12, 15, "recharge"),
            ("""{"quota_operation":"set","quota_amount":20}""", 20, 23, "recharge"),
            ("""{"quota_operation":"set","quota_amount":0}""", 0, 3, "recharge"),
            ("""{"quota_operation":"reset"}""", 10, 10, "init"),
            ("""{"quota_operation":"reset","quota_amount":4}""", 4, 4, "init"),
            ("""{"quota_operation":"reset","quota_amount":0}""", 0, 0, "init"),
        };
        foreach (var (body, remaining, total, action) in table)
        {
            var token = await _app.CreateTokenAsync();
            await _app.ConsumeAsync(token, 3);

            var answer = await ChangeAsync(token, body);
            Assert.Equal(remaining, Envelope.Data(answer).GetProperty("remaining_quota").GetInt32());
            Assert.Equal(total, answer.Data.GetProperty("total_quota").GetInt32());
            Assert.Equal((remaining, total, total - remaining), await AppLedger.QuotaAsync(_app, token));
            var row = await AppLedger.LastRowAsync(_app, token);
            Assert.Equal((7, remaining, remaining - 7, action), AppLedger.Figures(row));
            Assert.Equal(answer.Body.GetProperty("request_id").GetString(), row.GetProperty("request_id").GetString());
            Assert.Equal(remaining > 0 ? 200 : 429, (await _app.ConsumeAsync(token)).Status);
        }
    }

    [SuiteFact]
    public async Task Execute_runs_consumes_one_and_logs_what_happened()
    {
        var token = await _app.CreateTokenAsync();

        var good = await _app.ExecuteAsync(token, "console.log('Hello'); return 6 * 7");
        Assert.Equal(42, good.Body.GetProperty("result").GetInt32());
        Assert.Equal(9, good.Body.GetProperty("quota").GetProperty("remaining_quota").GetInt32());
        var bad = await _app.ExecuteAsync(token, "throw new Error('no')");
        Assert.Equal((400, "RuntimeError"), (bad.Status, bad.ErrorType));

        await Eventually.TrueAsync(async () => (await AppLedger.LastRowAsync(_app, token)).GetProperty("execution_success").ValueKind != JsonValueKind.Null);
        var rows = await AppLedger.RowsAsync(_app, token);
        Assert.Equal([(0, 10, 10, "init"), (10, 9, -1, "consume"), (9, 8, -1, "consume")], rows.Select(AppLedger.Figures));
        Assert.True(rows[1].GetProperty("execution_success").GetBoolean());
        Assert.False(rows[2].GetProperty("execution_success").GetBoolean());
        Assert.Equal("RuntimeError", rows[2].GetProperty("execution_error_type").GetString());
        Assert.Contains("no", rows[2].GetProperty("execution_error_message").GetString(), StringComparison.Ordinal);
        Assert.Equal(bad.Body.GetProperty("request_id").GetString(), rows[2].GetProperty("request_id").GetString());
    }

    [SuiteFact]
    public async Task A_cost_is_taken_all_or_nothing()
    {
        var token = await _app.CreateTokenAsync();
        Assert.Equal(200, (await _app.ConsumeAsync(token, 8)).Status);

        Envelope.Refused(await _app.ConsumeAsync(token, 3), 429, "QuotaExceeded");
        Assert.Equal((2, 10, 8), await AppLedger.QuotaAsync(_app, token));
        Assert.Equal(200, (await _app.ConsumeAsync(token, 2)).Status);
        Assert.Equal([(0, 10, 10, "init"), (10, 2, -8, "consume"), (2, 0, -2, "consume")], (await AppLedger.RowsAsync(_app, token)).Select(AppLedger.Figures));
    }

    [SuiteFact]
    public async Task The_type_changes_in_every_direction_and_the_chain_of_the_log_holds()
    {
        string[] types = ["time", "count", "hybrid"];
        foreach (string from in types)
        {
            foreach (string to in types)
                await AssertTypeChangesAsync(from, to);
        }
    }

    [SuiteFact]
    public async Task Disabled_enabled_and_deleted_are_obeyed_at_once()
    {
        var token = await _app.CreateTokenAsync();
        Assert.False(Envelope.Data(await ChangeAsync(token, """{"is_active":false}""")).GetProperty("is_active").GetBoolean());
        Envelope.Refused(await _app.ConsumeAsync(token), 401, "AuthenticationError", "disabled");
        Assert.True(Envelope.Data(await ChangeAsync(token, """{"is_active":true}""")).GetProperty("is_active").GetBoolean());
        Envelope.Data(await _app.ConsumeAsync(token));

        Assert.Equal(token.Id, Envelope.Data(await _app.AdminAsync(HttpMethod.Delete, $"/flow/tokens/{token.Id}")).GetProperty("token_id").GetString());
        Envelope.Refused(await _app.ConsumeAsync(token), 401, "AuthenticationError");
        Envelope.Refused(await _app.AdminAsync(HttpMethod.Get, $"/flow/tokens/{token.Id}/quota"), 404, "NotFound");
        Envelope.Refused(await ChangeAsync(token, """{"is_active":true}"""), 404, "NotFound");
        Envelope.Refused(await _app.AdminAsync(HttpMethod.Delete, $"/flow/tokens/{token.Id}"), 404, "NotFound");
        Assert.Equal(["init", "consume"], (await AppLedger.RowsAsync(_app, token)).Select(row => row.GetProperty("action").GetString()));
    }

    [SuiteFact]
    public async Task A_limit_is_set_obeyed_and_taken_away_by_null()
    {
        var token = await _app.CreateTokenAsync();
        var data = Envelope.Data(await ChangeAsync(token, """{"rate_limit_per_minute":2,"rate_limit_burst":2,"rate_limit_window_seconds":3600}"""));
        Assert.Equal((2, 2, 3600), Limits(data));
        var statuses = new List<int>();
        for (int i = 0; i < 4; i++)
            statuses.Add((await _app.ConsumeAsync(token)).Status);
        Assert.Equal([200, 200, 429, 429], statuses);

        data = Envelope.Data(await ChangeAsync(token, """{"rate_limit_per_minute":null,"rate_limit_burst":null}"""));
        Assert.Equal((null, null, 3600), Limits(data));
        Envelope.Data(await _app.ConsumeAsync(token));
        Assert.Equal((7, 10, 3), await AppLedger.QuotaAsync(_app, token));
    }

    [SuiteFact]
    public async Task What_Redis_forgot_is_loaded_from_SQL_and_an_unknown_token_stays_unknown()
    {
        var token = await _app.CreateTokenAsync();
        await _app.ConsumeAsync(token, 4);
        await _app.DrainAsync();
        await _app.Redis.KeyDeleteAsync([$"quota:{token.Id}", $"token:{token.Id}"]);

        Assert.Equal((6, 10, 4), await AppLedger.QuotaAsync(_app, token));
        Assert.Equal(5, Envelope.Data(await _app.ConsumeAsync(token)).GetProperty("remaining_quota").GetInt32());
        var minted = _app.Services.GetRequiredService<TokenCodec>().Mint();
        Envelope.Refused(await _app.ConsumeAsync(new TestToken(minted.FullToken, minted.TokenId)), 401, "AuthenticationError");
    }

    [SuiteFact]
    public async Task Every_part_is_ready_and_nothing_is_left_waiting()
    {
        await _app.DrainAsync();
        var health = Envelope.Data(await _app.AdminAsync(HttpMethod.Get, "/flow/health"));
        Assert.Contains(health.GetProperty("status").GetString(), new[] { "ok", "degraded" });
        foreach (string part in new[] { "redis", "sql", "queues" })
            Assert.Equal("ok", health.GetProperty("components").GetProperty(part).GetProperty("status").GetString());
    }

    private async Task AssertTypeChangesAsync(string from, string to)
    {
        var token = await _app.CreateTokenAsync(from == "time"
            ? new { ws_id = "ws", email = "a@example.com", operation = "unlimited" }
            : new { ws_id = "ws", email = "a@example.com", operation = "unlimited", quota_type = from, total_quota = 10 });
        Envelope.Data(await _app.ConsumeAsync(token));
        bool getsQuota = from == "time" && to != "time";
        string body = getsQuota
            ? $$"""{"quota_type":"{{to}}","quota_operation":"set","quota_amount":5}"""
            : $$"""{"quota_type":"{{to}}"}""";

        var data = Envelope.Data(await ChangeAsync(token, body));

        (int? remaining, int? total) = to == "time" ? (null, null) : getsQuota ? (5, 5) : ((int?)9, (int?)10);
        Assert.Equal(to, data.GetProperty("quota_type").GetString());
        Assert.Equal((remaining, total, (total ?? 0) - (remaining ?? 0)), await AppLedger.QuotaAsync(_app, token));
        Envelope.Data(await _app.ConsumeAsync(token));
        Assert.Equal((remaining - 1, total, to == "time" ? 0 : total - (remaining - 1)), await AppLedger.QuotaAsync(_app, token));
        var rows = await AppLedger.RowsAsync(_app, token);
        foreach (var (before, after) in rows.Zip(rows.Skip(1)))
            Assert.Equal(AppLedger.Figure(before.GetProperty("quota_after")), AppLedger.Figure(after.GetProperty("quota_before")));
    }

    private static (int? PerMinute, int? Burst, int? Window) Limits(JsonElement token) => (
        AppLedger.Figure(token.GetProperty("rate_limit_per_minute")), AppLedger.Figure(token.GetProperty("rate_limit_burst")),
        AppLedger.Figure(token.GetProperty("rate_limit_window_seconds")));

    private Task<TestAnswer> ChangeAsync(TestToken token, string body) => _app.AdminAsync(HttpMethod.Put, $"/flow/tokens/{token.Id}", body);
}
