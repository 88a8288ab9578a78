using System.Text.Json;
using FlowQuota.Tests.Apps;
using Xunit;

namespace FlowQuota.Tests.Contract;

/// <summary>Reads the changes and rows of a token from the stores.</summary>
internal static class AppLedger
{
    /// <summary>The rows of a token's log, oldest first, after the outbox is drained.</summary>
    public static async Task<IReadOnlyList<JsonElement>> RowsAsync(TestApp app, TestToken token)
    {
        await app.DrainAsync();
        var data = Envelope.Data(await app.AdminAsync(HttpMethod.Get, $"/flow/tokens/{token.Id}/quota/logs?page_size=1000"));
        return [.. data.GetProperty("logs").EnumerateArray().Reverse()];
    }

    /// <summary>The newest row.</summary>
    public static async Task<JsonElement> LastRowAsync(TestApp app, TestToken token) => (await RowsAsync(app, token))[^1];

    /// <summary>The remaining quota in Redis.</summary>
    public static async Task<int> RemainingAsync(TestApp app, TestToken token) => (int)await app.Redis.StringGetAsync($"quota:{token.Id}");

    /// <summary>Checks that a refusal cost nothing: the quota is unchanged, and the log has its first row only.</summary>
    public static async Task AssertUntouchedAsync(TestApp app, TestToken token, int remaining = 10)
    {
        Assert.Equal(remaining, await RemainingAsync(app, token));
        Assert.Equal("init", Assert.Single(await RowsAsync(app, token)).GetProperty("action").GetString());
    }

    /// <summary>Before, after, change and action of a row.</summary>
    public static (int? Before, int? After, int Change, string Action) Figures(JsonElement row) => (
        Figure(row.GetProperty("quota_before")), Figure(row.GetProperty("quota_after")), row.GetProperty("quota_change").GetInt32(),
        row.GetProperty("action").GetString()!);

    /// <summary>A number or null.</summary>
    public static int? Figure(JsonElement value) => value.ValueKind == JsonValueKind.Null ? null : value.GetInt32();

    /// <summary>Remaining, total and consumed, as the quota endpoint returns them.</summary>
    public static async Task<(int? Remaining, int? Total, int? Consumed)> QuotaAsync(TestApp app, TestToken token)
    {
        var data = Envelope.Data(await app.AdminAsync(HttpMethod.Get, $"/flow/tokens/{token.Id}/quota"));
        return (Figure(data.GetProperty("remaining_quota")), Figure(data.GetProperty("total_quota")), Figure(data.GetProperty("consumed_quota")));
    }
}
