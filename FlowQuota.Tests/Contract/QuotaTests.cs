using System.Text.Json;
using FlowQuota.Tests.Apps;
using Xunit;

namespace FlowQuota.Tests.Contract;

/// <summary>Protects the two quota endpoints: live figures, and that reading costs nothing.</summary>
[Collection(ContractTests.Name)]
public sealed class QuotaTests(EmbeddedContractApp shared)
{
    private static readonly string[] Fields =
        ["quota_type", "total_quota", "remaining_quota", "consumed_quota", "quota_synced_at", "expires_at", "is_active"];

    private readonly TestApp _app = shared.App;

    [Fact]
    public async Task The_admin_sees_the_live_quota_before_SQL_does()
    {
        var token = await _app.CreateTokenAsync(TokenBody.With("""{"operation":"set","specific_date":"2099-01-01"}"""));
        await _app.ConsumeAsync(token, 4);
        foreach (string form in new[] { token.Id, token.Full })
        {
            var data = Envelope.Data(await _app.AdminAsync(HttpMethod.Get, $"/flow/tokens/{form}/quota"));
            Assert.Equal(Fields, Envelope.Names(data));
            Assert.Equal(("count", 10, 6, 4), (
                data.GetProperty("quota_type").GetString(), data.GetProperty("total_quota").GetInt32(),
                data.GetProperty("remaining_quota").GetInt32(), data.GetProperty("consumed_quota").GetInt32()));
            Assert.Equal("2099-01-01 00:00:00", data.GetProperty("expires_at").GetString());
            Assert.True(data.GetProperty("is_active").GetBoolean());
            Times.AssertNow(data.GetProperty("quota_synced_at"));
        }
    }

    [Fact]
    public async Task The_caller_sees_its_own_quota_and_the_look_consumes_nothing()
    {
        var token = await _app.CreateTokenAsync(TokenBody.With("""{"rate_limit_per_minute":2,"rate_limit_burst":1}"""));
        for (int i = 0; i < 4; i++)
        {
            var answer = await _app.SendAsync(HttpMethod.Get, "/flow/quota", token.Full);
            Assert.Equal(Fields, Envelope.Names(Envelope.Data(answer)));
            Assert.Equal(10, answer.Data.GetProperty("remaining_quota").GetInt32());
        }

        await AppLedger.AssertUntouchedAsync(_app, token);
    }

    [Fact]
    public async Task A_spent_token_still_sees_that_it_is_spent()
    {
        var token = await _app.CreateTokenAsync();
        await _app.ConsumeAsync(token, 10);
        var data = Envelope.Data(await _app.SendAsync(HttpMethod.Get, "/flow/quota", token.Full));
        Assert.Equal((0, 10), (data.GetProperty("remaining_quota").GetInt32(), data.GetProperty("consumed_quota").GetInt32()));
    }

    [Fact]
    public async Task A_time_token_has_nulls_and_consumed_zero()
    {
        var token = await _app.CreateTokenAsync(TokenBody.Time());
        await _app.ConsumeAsync(token);
        foreach (var answer in new[]
        {
            await _app.SendAsync(HttpMethod.Get, "/flow/quota", token.Full),
            await _app.AdminAsync(HttpMethod.Get, $"/flow/tokens/{token.Id}/quota"),
        })
        {
            var data = Envelope.Data(answer);
            Assert.Equal("time", data.GetProperty("quota_type").GetString());
            Assert.Equal(JsonValueKind.Null, data.GetProperty("total_quota").ValueKind);
            Assert.Equal(JsonValueKind.Null, data.GetProperty("remaining_quota").ValueKind);
            Assert.Equal(0, data.GetProperty("consumed_quota").GetInt32());
        }
    }
}
