using System.Text.Json;
using FlowQuota.Admission;
using FlowQuota.Tests.Apps;
using FlowQuota.Tokens;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace FlowQuota.Tests.Contract;

/// <summary>Protects GET /flow/usage/statement: opening to closing balance by the rows alone, and it balances.</summary>
[Collection(ContractTests.Name)]
public sealed class StatementTests(EmbeddedContractApp shared)
{
    private readonly TestApp _app = shared.App;

    [Fact]
    public async Task A_statement_leads_from_the_opening_to_the_closing_balance()
    {
        var token = await _app.CreateTokenAsync(TokenBody.With("""{"total_quota":100}"""));
        Envelope.Data(await _app.ConsumeAsync(token, 30));
        Envelope.Data(await _app.AdminAsync(HttpMethod.Put, $"/flow/tokens/{token.Id}", new { quota_operation = "add", quota_amount = 7 }));
        Envelope.Data(await _app.SendAsync(HttpMethod.Post, "/flow/reserve", token.Full, new { amount = 20 }));
        var ledger = _app.Services.GetRequiredService<QuotaLedger>();
        var call = (await ledger.AdmitAsync(_app.Services.GetRequiredService<TokenCodec>().Read(token.Full)!, 5, "given back")).Call!;
        Assert.True(await ledger.RefundAsync(call));
        await _app.DrainAsync();

        var data = await StatementAsync($"token={token.Id}");

        Assert.Equal(
            ["token", "time_zone", "from", "to", "opening", "granted", "refilled", "used", "refunded", "expired", "held", "closing", "balanced"], Envelope.Names(data));
        Assert.Equal([0, 107, 0, 35, 5, 0, 20, 57], Figures(data));
        Assert.True(data.GetProperty("balanced").GetBoolean());
        Assert.Equal(data.ToString(), Envelope.Data(await _app.SendAsync(HttpMethod.Get, "/flow/usage/statement", token.Full)).ToString());

        // From now on: what was left is the opening balance, and nothing happened.
        string tomorrow = Times.Tell(DateTime.UtcNow.AddDays(1))[..10];
        Assert.Equal([57, 0, 0, 0, 0, 0, 0, 57], Figures(await StatementAsync($"token={token.Id}&from={tomorrow}&to={tomorrow}")));
        Assert.Equal([0, 0, 0, 0, 0, 0, 0, 0], Figures(await StatementAsync($"token={token.Id}&from=2020-01-01&to=2020-01-31")));
    }

    [Fact]
    public async Task A_row_that_was_changed_or_removed_by_hand_does_not_balance()
    {
        foreach (string change in new[] { "UPDATE token_quota_logs SET quota_change = -2 WHERE token = @Id AND seq = 3", "DELETE FROM token_quota_logs WHERE token = @Id AND seq = 3" })
        {
            var token = await _app.CreateTokenAsync();
            for (int i = 0; i < 4; i++)
                Envelope.Data(await _app.ConsumeAsync(token));
            await _app.DrainAsync();
            Assert.True((await StatementAsync($"token={token.Id}")).GetProperty("balanced").GetBoolean());

            await using (var connection = await _app.Sql.OpenAsync(default))
                await Dapper.SqlMapper.ExecuteAsync(connection, change, token);

            Assert.False((await StatementAsync($"token={token.Id}")).GetProperty("balanced").GetBoolean());
        }
    }

    // An admin's change is in SQL at once, the calls before it a second later.
    [Fact]
    public async Task A_statement_that_lacks_rows_on_the_way_to_SQL_is_not_called_wrong()
    {
        for (int round = 0; round < 3; round++)
        {
            var token = await _app.CreateTokenAsync();
            for (int i = 0; i < 3; i++)
                Envelope.Data(await _app.ConsumeAsync(token));
            Envelope.Data(await _app.AdminAsync(HttpMethod.Put, $"/flow/tokens/{token.Id}", """{"quota_operation":"add","quota_amount":5}"""));

            Assert.NotEqual(JsonValueKind.False, (await StatementAsync($"token={token.Id}")).GetProperty("balanced").ValueKind);
            await _app.DrainAsync();
            Assert.True((await StatementAsync($"token={token.Id}")).GetProperty("balanced").GetBoolean());
        }
    }

    [Theory]
    [InlineData("", "token")]
    [InlineData("token=TOKEN&from=2099-01-01", "from")]
    [InlineData("token=TOKEN&from=2026-01-02&to=2026-01-01", "to")]
    [InlineData("token=TOKEN&from=x", "from")]
    [InlineData("token=TOKEN&to=2026-13-01", "to")]
    [InlineData("token=TOKEN&time_zone=Mars", "time_zone")]
    [InlineData("token=TOKEN&format=csv", "format")]
    public async Task A_wrong_parameter_is_named(string query, string named)
    {
        var token = await _app.CreateTokenAsync();
        Envelope.Invalid(await _app.AdminAsync(HttpMethod.Get, $"/flow/usage/statement?{query.Replace("TOKEN", token.Id, StringComparison.Ordinal)}"), named);
    }

    [Fact]
    public async Task A_token_that_does_not_exist_has_none_and_a_holder_sees_its_own_alone()
    {
        var (token, other) = (await _app.CreateTokenAsync(), await _app.CreateTokenAsync());
        Envelope.Refused(await _app.AdminAsync(HttpMethod.Get, "/flow/usage/statement?token=flow_nobody"), 404, "NotFound");
        Envelope.Refused(await _app.SendAsync(HttpMethod.Get, "/flow/usage/statement", null), 401, "AuthenticationError");
        Envelope.Invalid(await _app.SendAsync(HttpMethod.Get, $"/flow/usage/statement?token={other.Id}", token.Full), "token");
    }

    private async Task<JsonElement> StatementAsync(string query) =>
        Envelope.Data(await _app.AdminAsync(HttpMethod.Get, $"/flow/usage/statement?{query}"));

    private static IEnumerable<int> Figures(JsonElement statement) =>
        new[] { "opening", "granted", "refilled", "used", "refunded", "expired", "held", "closing" }.Select(name => statement.GetProperty(name).GetInt32());
}
