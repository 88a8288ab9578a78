using System.Text.Json;
using FlowQuota.Tests.Apps;
using FlowQuota.Usage;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace FlowQuota.Tests.Contract;

/// <summary>Protects GET /flow/ledger: every row once, in chunks, as lines of JSON or CSV.</summary>
[Collection(ContractTests.Name)]
public sealed class LedgerExportTests(EmbeddedContractApp shared)
{
    private static readonly string[] Columns =
    [
        "id", "token", "ws_id", "email", "epoch", "seq", "quota_before", "quota_after", "quota_change", "total_after", "action", "request_id",
        "execution_success", "execution_error_type", "execution_error_message", "created_at", "created_at_utc", "effective_at", "period",
        "reservation_id", "idempotency_key", "meter",
    ];

    private readonly TestApp _app = shared.App;

    [Fact]
    public async Task A_tokens_holder_reads_its_own_rows_in_chunks_each_with_every_column()
    {
        var token = await UsedAsync(4);
        await CompleteAsync(DateTime.UtcNow.AddMinutes(1));

        List<JsonElement> rows = [];
        string? next = "";
        while (next is not null)
        {
            var (lines, headers) = await ReadAsync($"/flow/ledger?limit=2&after={next}", token.Full);
            rows.AddRange(lines.Select(line => JsonSerializer.Deserialize<JsonElement>(line)));
            Assert.Equal(rows.Count < 5, headers.TryGetValue("X-FlowQuota-Next", out next));
            Assert.NotNull(headers["X-FlowQuota-Last"]);
        }

        Assert.All(rows, row => Assert.Equal(Columns, Envelope.Names(row)));
        Assert.Equal([1, 2, 3, 4, 5], rows.Select(row => row.GetProperty("seq").GetInt32()));
        Assert.All(rows, row => Assert.Equal(token.Id, row.GetProperty("token").GetString()));
        Assert.Equal("image", rows[^1].GetProperty("meter").GetString());
        Times.AssertNow(rows[^1].GetProperty("created_at"));
    }

    [Fact]
    public async Task Rows_that_are_not_complete_yet_are_held_back_and_come_behind_the_last_cursor()
    {
        var token = await UsedAsync(2);
        await CompleteAsync(DateTime.UtcNow.AddHours(-1));
        var (none, headers) = await ReadAsync("/flow/ledger", token.Full);
        Assert.Empty(none);
        Assert.False(headers.ContainsKey("X-FlowQuota-Next"));

        await CompleteAsync(DateTime.UtcNow.AddMinutes(1));
        var (rows, _) = await ReadAsync($"/flow/ledger?after={headers["X-FlowQuota-Last"]}", token.Full);
        Assert.Equal(3, rows.Count);
    }

    [Fact]
    public async Task An_admin_reads_all_rows_in_the_order_of_their_times_and_a_spreadsheet_takes_them_as_data()
    {
        var token = await UsedAsync(3, workspace: "@ws");
        await CompleteAsync(DateTime.UtcNow.AddMinutes(1));

        List<string> lines = [];
        string? next = "";
        while (next is not null)
        {
            var (chunk, headers) = await ReadAsync($"/flow/ledger?format=csv&limit=3&after={next}", TestApp.AdminToken, "text/csv; charset=utf-8");
            Assert.Equal(string.Join(',', Columns), chunk[0]);
            lines.AddRange(chunk.Skip(1));
            headers.TryGetValue("X-FlowQuota-Next", out next);
        }

        Assert.Equal(lines.Count, lines.Distinct().Count());
        var own = lines.Where(line => line.Contains(token.Id, StringComparison.Ordinal)).ToList();
        Assert.Equal(4, own.Count);
        Assert.All(own, line => Assert.Contains(",'@ws,", line, StringComparison.Ordinal));
        Assert.Contains(",10,9,-1,,consume,", own[1], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("limit=0", "limit")]
    [InlineData("limit=5001", "limit")]
    [InlineData("after=7", "after")]
    [InlineData("after=s1.1", "after")]
    [InlineData("after=t1", "after")]
    [InlineData("after=t-1.5", "after")]
    [InlineData("after=t99999999999999999.5", "after")]
    [InlineData("format=json", "format")]
    [InlineData("ws_id=ws", "ws_id")]
    public async Task A_wrong_parameter_is_named(string query, string named) =>
        Envelope.Invalid(await _app.AdminAsync(HttpMethod.Get, $"/flow/ledger?{query}"), named);

    // It would skip the other one's rows silently.
    [Fact]
    public async Task A_cursor_of_one_token_is_refused_for_another()
    {
        var (one, other) = (await UsedAsync(3), await UsedAsync(3));
        await CompleteAsync(DateTime.UtcNow.AddMinutes(1));
        var (_, headers) = await ReadAsync("/flow/ledger?limit=2", one.Full);

        string next = headers["X-FlowQuota-Next"];
        Assert.Equal(2, (await ReadAsync($"/flow/ledger?after={next}", one.Full)).Lines.Count);
        Assert.Equal(2, (await ReadAsync($"/flow/ledger?token={one.Id}&after={next}", TestApp.AdminToken)).Lines.Count);
        Envelope.Invalid(await _app.SendAsync(HttpMethod.Get, $"/flow/ledger?after={next}", other.Full), "after");
        Envelope.Invalid(await _app.AdminAsync(HttpMethod.Get, $"/flow/ledger?after={next}"), "after");
    }

    [Fact]
    public async Task Nobody_else_reads_anything()
    {
        Envelope.Refused(await _app.AdminAsync(HttpMethod.Get, "/flow/ledger?token=flow_x"), 404, "NotFound");
        var (one, other) = (await UsedAsync(1), await UsedAsync(1));
        Envelope.Invalid(await _app.SendAsync(HttpMethod.Get, $"/flow/ledger?token={one.Id}", other.Full), "token");
        Envelope.Refused(await _app.SendAsync(HttpMethod.Get, "/flow/ledger", null), 401, "AuthenticationError");
        Envelope.Refused(await _app.SendAsync(HttpMethod.Get, "/flow/ledger", "flow_made_up"), 401, "AuthenticationError");
    }

    private async Task<TestToken> UsedAsync(int calls, string workspace = "ws")
    {
        var token = await _app.CreateTokenAsync(new { ws_id = workspace, email = "a@example.com", operation = "unlimited", quota_type = "count", total_quota = 10 });
        for (int i = 0; i < calls; i++)
            Envelope.Data(await _app.SendAsync(HttpMethod.Post, "/flow/consume", token.Full, new { cost = 1, meter = "image" }));
        await _app.DrainAsync();
        return token;
    }

    private async Task CompleteAsync(DateTime until)
    {
        await using var session = (await _app.Services.GetRequiredService<IUsageRollupStore>().TryBeginAsync(default))!;
        await session.SetCompleteUntilAsync(until, default);
    }

    private async Task<(List<string> Lines, Dictionary<string, string> Headers)> ReadAsync(
        string path, string token, string type = "application/x-ndjson; charset=utf-8")
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Authorization = new("Bearer", token);
        using var response = await _app.Client.SendAsync(request);
        string text = await response.Content.ReadAsStringAsync();
        Assert.True(response.IsSuccessStatusCode, text);
        Assert.Equal(type, response.Content.Headers.ContentType?.ToString());
        return (
            [.. text.Split(["\r\n", "\n"], StringSplitOptions.RemoveEmptyEntries)],
            response.Headers.Where(header => header.Key.StartsWith("X-FlowQuota-", StringComparison.Ordinal))
                .ToDictionary(header => header.Key, header => header.Value.Single()));
    }
}
