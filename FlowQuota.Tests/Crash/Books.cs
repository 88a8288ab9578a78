using Dapper;
using FlowQuota.Tests.Apps;
using Xunit;

namespace FlowQuota.Tests.Crash;

/// <summary>What must hold once nothing is on its way any more, whatever failed before.</summary>
public static class Books
{
    /// <summary>Waits until SQL has everything, and compares what callers were told with what is stored.</summary>
    /// <param name="world">Where the load ran.</param>
    /// <param name="load">The load.</param>
    /// <param name="everyRefusalIsRefunded">True if no instance died, so that each call that was answered 503 must have been given back.</param>
    public static async Task AssertBalanceAsync(ILoadWorld world, SteadyLoad load, bool everyRefusalIsRefunded = false)
    {
        await load.StopAsync();
        await SettleAsync(world, load);
        if (everyRefusalIsRefunded)
            await AssertRefusalsAreRefundedAsync(world, load);
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
            if (call.Kind == "change")
                Assert.True(own.Count <= 1, $"{call} was applied {own.Count} times.");
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

    /// <summary>A refund may follow its refusal late: it waits until Redis has answered, and then for a drain.</summary>
    private static async Task AssertRefusalsAreRefundedAsync(ILoadWorld world, SteadyLoad load)
    {
        var refused = load.Calls.Where(call => call is { Status: 503, Kind: "consume" or "execute" }).Select(call => call.RequestId).ToHashSet();
        await using var connection = await world.OpenSqlAsync();
        List<string> charged = [];
        for (int time = 0; time < 30; time++)
        {
            charged = [.. (await connection.QueryAsync<(string Request, long Left)>(
                "SELECT request_id, CAST(SUM(quota_change) AS SIGNED) FROM token_quota_logs WHERE request_id IS NOT NULL GROUP BY request_id"))
                .Where(row => row.Left != 0 && refused.Contains(row.Request)).Select(row => row.Request)];
            if (charged.Count == 0)
                break;
            await load.CallAsync(world.Apps[time % world.Apps.Count], load.Plenty);
            await Task.Delay(TimeSpan.FromSeconds(1));
        }

        Assert.True(charged.Count == 0, $"{charged.Count} of {refused.Count} refused calls stay charged: {string.Join(", ", charged.Take(5))}");
        await SettleAsync(world, load);
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
