using System.Text.Json;
using FlowQuota.Tests.Apps;
using Xunit;

namespace FlowQuota.Tests.Contract;

/// <summary>Protects the audit log's endpoint: newest first, paged, filtered, and kept after the token is gone.</summary>
[Collection(ContractTests.Name)]
public sealed class QuotaLogTests(EmbeddedContractApp shared)
{
    private readonly TestApp _app = shared.App;

    [Fact]
    public async Task A_row_has_every_field_of_the_contract()
    {
        var token = await _app.CreateTokenAsync();
        var answer = await _app.ConsumeAsync(token, 3);

        var row = await AppLedger.LastRowAsync(_app, token);

        Assert.Equal(
            [
                "id", "token", "ws_id", "email", "quota_before", "quota_after", "quota_change", "action", "request_id",
                "execution_success", "execution_error_type", "execution_error_message", "created_at",
            ],
            Envelope.Names(row));
        Assert.Equal((token.Id, "ws", "a@example.com"), (
            row.GetProperty("token").GetString(), row.GetProperty("ws_id").GetString(), row.GetProperty("email").GetString()));
        Assert.Equal((10, 7, -3, "consume"), AppLedger.Figures(row));
        Assert.Equal(answer.Body.GetProperty("request_id").GetString(), row.GetProperty("request_id").GetString());
        Assert.Equal(JsonValueKind.Null, row.GetProperty("execution_success").ValueKind);
        Assert.Equal(JsonValueKind.Null, row.GetProperty("execution_error_type").ValueKind);
        Assert.Equal(JsonValueKind.Null, row.GetProperty("execution_error_message").ValueKind);
        Times.AssertNow(row.GetProperty("created_at"));
    }

    [Fact]
    public async Task Pages_hold_every_row_once_newest_first()
    {
        var token = await UsedAsync(4);
        var seen = new List<int?>();
        for (int page = 1; page <= 3; page++)
        {
            var data = await LogsAsync(token, $"page={page}&page_size=2");
            Assert.Equal(["logs", "total", "page", "page_size", "total_pages"], Envelope.Names(data));
            Assert.Equal((5, page, 2, 3), (
                data.GetProperty("total").GetInt32(), data.GetProperty("page").GetInt32(),
                data.GetProperty("page_size").GetInt32(), data.GetProperty("total_pages").GetInt32()));
            seen.AddRange(data.GetProperty("logs").EnumerateArray().Select(row => AppLedger.Figure(row.GetProperty("quota_after"))));
        }

        Assert.Equal([6, 7, 8, 9, 10], seen);
        var beyond = await LogsAsync(token, "page=4&page_size=2");
        Assert.Equal(0, beyond.GetProperty("logs").GetArrayLength());
        Assert.Equal(100, (await LogsAsync(token, "")).GetProperty("page_size").GetInt32());
    }

    [Theory]
    [InlineData("init", 1)]
    [InlineData("consume", 2)]
    [InlineData("recharge", 1)]
    [InlineData("refund", 0)]
    public async Task An_action_is_filtered(string action, int rows)
    {
        var token = await UsedAsync(2);
        await _app.AdminAsync(HttpMethod.Put, $"/flow/tokens/{token.Id}", """{"quota_operation":"add","quota_amount":1}""");
        var data = await LogsAsync(token, $"action={action}");
        Assert.Equal(rows, data.GetProperty("total").GetInt32());
        Assert.All(data.GetProperty("logs").EnumerateArray(), row => Assert.Equal(action, row.GetProperty("action").GetString()));
    }

    [Fact]
    public async Task Dates_are_days_or_instants_of_the_time_zone_and_include_what_they_name()
    {
        var token = await UsedAsync(1);
        var rows = await AppLedger.RowsAsync(_app, token);
        string first = rows[0].GetProperty("created_at").GetString()!;
        string last = rows[1].GetProperty("created_at").GetString()!;
        string tomorrow = Times.Tell(DateTime.UtcNow.AddDays(1))[..10];
        string yesterday = Times.Tell(DateTime.UtcNow.AddDays(-2))[..10];

        Assert.Equal(2, await TotalAsync(token, $"start_date={first[..10]}&end_date={last[..10]}"));
        Assert.Equal(2, await TotalAsync(token, $"start_date={Uri.EscapeDataString(first)}&end_date={Uri.EscapeDataString(last)}"));
        Assert.Equal(2, await TotalAsync(token, $"start_date={yesterday}"));
        Assert.Equal(2, await TotalAsync(token, $"end_date={tomorrow}"));
        Assert.Equal(0, await TotalAsync(token, $"start_date={tomorrow}"));
        Assert.Equal(0, await TotalAsync(token, $"end_date={yesterday}"));
        Assert.Equal(0, await TotalAsync(token, $"start_date={tomorrow}&end_date={yesterday}"));
    }

    [Theory]
    [InlineData("page=0", "page")]
    [InlineData("page_size=1001", "page_size")]
    [InlineData("page_size=0", "page_size")]
    [InlineData("action=delete", "action")]
    [InlineData("action=CONSUME", "action")]
    [InlineData("start_date=yesterday", "start_date")]
    [InlineData("start_date=2026-02-30", "start_date")]
    [InlineData("end_date=2026-01-01T00:00:00", "end_date")]
    [InlineData("end_date=1", "end_date")]
    [InlineData("start_date=2026-01-01&start_date=2026-01-02", "start_date")]
    public async Task A_wrong_parameter_is_named(string query, string named)
    {
        var token = await _app.CreateTokenAsync();
        Envelope.Invalid(await _app.AdminAsync(HttpMethod.Get, $"/flow/tokens/{token.Id}/quota/logs?{query}"), named);
    }

    [Fact]
    public async Task A_deleted_tokens_log_stays()
    {
        var token = await UsedAsync(2);
        Envelope.Data(await _app.AdminAsync(HttpMethod.Delete, $"/flow/tokens/{token.Id}"));
        Assert.Equal([(0, 10, 10, "init"), (10, 9, -1, "consume"), (9, 8, -1, "consume")], (await AppLedger.RowsAsync(_app, token)).Select(AppLedger.Figures));
        Assert.Equal(0, await TotalAsync(token, "action=refund"));
    }

    private async Task<TestToken> UsedAsync(int calls)
    {
        var token = await _app.CreateTokenAsync();
        for (int i = 0; i < calls; i++)
            Envelope.Data(await _app.ConsumeAsync(token));
        await _app.DrainAsync();
        return token;
    }

    private async Task<JsonElement> LogsAsync(TestToken token, string query) =>
        Envelope.Data(await _app.AdminAsync(HttpMethod.Get, $"/flow/tokens/{token.Id}/quota/logs?{query}"));

    private async Task<int> TotalAsync(TestToken token, string query) => (await LogsAsync(token, query)).GetProperty("total").GetInt32();
}
