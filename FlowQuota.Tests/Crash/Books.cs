using Dapper;
using FlowQuota.Tests.Apps;
using Xunit;

namespace FlowQuota.Tests.Crash;

/// <summary>What must hold once nothing is on its way any more, whatever failed before.</summary>
public static class Books
{
    /// <summary>Waits until SQL has everything, and compares what callers were told with what is stored.</summary>
    public static async Task AssertBalanceAsync(ILoadWorld world, SteadyLoad load)
    {
        await load.StopAsync();
        await SettleAsync(world, load);
        Assert.Empty(load.Violations);
        await AssertVerifiedAsync(world);

        await using var connection = await world.OpenSqlAsync();
        var rows = (await connection.QueryAsync<(string Token, string Request, string Action, int Change)>(
            "SELECT token, request_id, action, quota_change FROM token_quota_logs")).ToLookup(row => row.Request);
        foreach (var call in load.Calls)
        {
            var own = rows[call.RequestId].Where(row => row.Token == call.TokenId).ToList();
            if (call.Status is 400 or 200 && call.Kind is "consume" or "execute" && call.Status is not null)
                Assert.True(own.Count(row => row.Action == "consume") == 1, $"{call} has {own.Count} rows.");
            if (call.Status == 200 && call.Kind == "change")
                Assert.True(own is [{ Action: "recharge" or "init" }], $"{call} has {own.Count} rows.");
            if (call.Status is 401 or 429)
                Assert.True(own.Count == 0, $"{call} was refused and has {own.Count} rows.");
        }

        await AssertNotOverGrantedAsync(connection, load);
    }

    /// <summary>GET /flow/quota/verify, all pages: every token judged, nothing found.</summary>
    public static async Task AssertVerifiedAsync(ILoadWorld world)
    {
        string? after = null;
        do
        {
            var report = (await world.Apps[0].AdminAsync(HttpMethod.Get, $"/flow/quota/verify?page_size=1000&after={after}")).Data;
            Assert.True(report.GetProperty("balanced").GetBoolean(), report.ToString());
            Assert.Equal(0, report.GetProperty("pending_tokens").GetInt32());
            after = report.GetProperty("next").GetString();
        }
        while (after is not null);
    }

    /// <summary>Waits until nothing waits, with a call a second as on a quiet day: a doorbell that was lost is rung by the next call.</summary>
    private static async Task SettleAsync(ILoadWorld world, SteadyLoad load)
    {
        for (int second = 0; second < 60; second++)
        {
            await load.CallAsync(world.Apps[second % world.Apps.Count], load.Plenty);
            try
            {
                await Eventually.TrueAsync(async () => await world.WaitingAsync() == 0, seconds: 3);
                return;
            }
            catch (TimeoutException)
            {
                // A lease of the dead, or a lost doorbell: the next call rings.
            }
        }

        throw new TimeoutException($"{await world.WaitingAsync()} items still wait for SQL.");
    }

    private static async Task AssertNotOverGrantedAsync(System.Data.Common.DbConnection connection, SteadyLoad load)
    {
        var stored = (await connection.QueryAsync<(string Token, long Granted, long Refunded, long Remaining)>("""
            SELECT t.access_token,
                   SUM(CASE WHEN l.action IN ('init', 'recharge') THEN l.quota_change ELSE 0 END),
                   SUM(CASE WHEN l.action = 'refund' THEN l.quota_change ELSE 0 END),
                   MAX(t.remaining_quota)
            FROM access_tokens AS t
            JOIN token_quota_logs AS l ON l.token = t.access_token
            WHERE t.quota_type <> 'time'
            GROUP BY t.access_token
            """)).ToDictionary(row => row.Token);
        foreach (var calls in load.Calls.Where(call => call.Status is 200 or 400).GroupBy(call => call.TokenId))
        {
            if (!stored.TryGetValue(calls.Key, out var token))
                continue;
            long admitted = calls.Sum(call => (long)call.Cost);
            Assert.True(admitted <= token.Granted + token.Refunded - token.Remaining,
                $"{calls.Key}: {admitted} were admitted of {token.Granted} granted, {token.Remaining} are left.");
        }
    }
}
