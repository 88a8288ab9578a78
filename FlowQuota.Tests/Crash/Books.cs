using Dapper;
using FlowQuota.Tests.Apps;
using Xunit;

namespace FlowQuota.Tests.Crash;

/// <summary>Checks that must hold once everything has been drained, whatever failed before.</summary>
public static class Books
{
    /// <summary>Waits until SQL has everything, and compares the callers' responses with the stored rows.</summary>
    /// <param name="world">The world of the load.</param>
    /// <param name="load">The load.</param>
    /// <param name="everyRefusalIsRefunded">True if no instance died, so that each call that was answered 503 must have been given back.</param>
    /// <param name="lost">The writes that a store may have lost; null = none.</param>
    /// <returns>How many calls were lost, and how many tokens had to be corrected.</returns>
    public static async Task<(int Lost, int Mended)> AssertBalanceAsync(
        ILoadWorld world, SteadyLoad load, bool everyRefusalIsRefunded = false, LostWrites? lost = null)
    {
        await load.StopAsync();
        await SettleAsync(world, load);
        if (everyRefusalIsRefunded)
            await AssertRefusalsAreRefundedAsync(world, load);
        Assert.Empty(load.Violations);
        int mended = lost is null ? 0 : await MendAsync(world, load, lost.Problems);
        await AssertVerifiedAsync(world);
        using (var sql = world.OpenDialect())
            await StoredUsage.AssertRollsUpAsync(sql);

        await using var connection = await world.OpenSqlAsync();
        var rows = (await connection.QueryAsync<(string Token, string Request, string Action, int Change)>(
            "SELECT token, request_id, action, quota_change FROM token_quota_logs")).ToLookup(row => row.Request);
        var kept = load.Calls.Where(call => lost?.MayLose(call) != true || rows[call.RequestId].Any()).ToList();
        foreach (var call in kept)
        {
            var own = rows[call.RequestId].Where(row => row.Token == call.TokenId).ToList();
            if (call is { Kind: "consume" or "execute", Status: 200 or 400 })
                Assert.True(own.Count(row => row.Action == "consume") == 1, $"{call} has {own.Count} rows.");
            if (call.Status == 200 && call.Kind == "change")
                Assert.True(own is [{ Action: "recharge" or "init" }], $"{call} has {own.Count} rows.");
            if (call.Kind == "change")
                Assert.True(own.Count <= 1, $"{call} was applied {own.Count} times.");
            if (call.Status is 401 or 429)
                Assert.True(own.Count == 0, $"{call} was refused and has {own.Count} rows.");
            Assert.True(call.Status is not 500, $"{call} met a mistake of ours.");
        }

        // The rows of grants may be among those that are lost.
        if (lost is not { LosesChanges: true })
            await AssertNotOverGrantedAsync(connection, kept);
        return (load.Calls.Count - kept.Count, mended);
    }

    /// <summary>GET /flow/quota/verify, all pages: every token checked, no problem found.</summary>
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

    /// <summary>Corrects the problems of the verification, which are those that may have been lost and no others.</summary>
    /// <returns>How many tokens were corrected.</returns>
    private static async Task<int> MendAsync(ILoadWorld world, SteadyLoad load, IReadOnlyList<string> problems)
    {
        HashSet<string> tokens = [];
        string? after = null;
        do
        {
            var report = (await world.Apps[0].AdminAsync(HttpMethod.Get, $"/flow/quota/verify?page_size=1000&after={after}")).Data;
            foreach (var problem in report.GetProperty("problems").EnumerateArray())
            {
                Assert.True(problems.Contains(problem.GetProperty("problem").GetString()!), problem.ToString());
                tokens.Add(problem.GetProperty("token").GetString()!);
            }

            after = report.GetProperty("next").GetString();
        }
        while (after is not null);
        foreach (string token in tokens)
        {
            await Eventually.TrueAsync(async () => await world.Apps[0].TryAdminAsync(HttpMethod.Post, "/flow/quota/verify/mend",
                new { token, reason = "A store lost what it had written" }) is { Status: 200 });
        }

        if (tokens.Count > 0)
            await SettleAsync(world, load);
        return tokens.Count;
    }

    /// <summary>Waits until the outboxes are empty, with a call a second as on a quiet day: the next call replaces a lost doorbell.</summary>
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
                // A lease of a dead process, or a lost doorbell: the next call rings.
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
            charged = [.. (await connection.QueryAsync<string>(
                """
                SELECT c.request_id FROM token_quota_logs AS c
                WHERE c.action = 'consume' AND c.quota_change < 0
                  AND NOT EXISTS (
                    SELECT 1 FROM token_quota_logs AS r WHERE r.token = c.token AND r.action = 'refund' AND r.request_id = c.request_id)
                  -- After a reset nothing of the call is missing, and a deleted token has no quota: there is nothing to give back.
                  AND NOT EXISTS (
                    SELECT 1 FROM token_quota_logs AS i
                    WHERE i.token = c.token AND i.action = 'init' AND (i.epoch > c.epoch OR (i.epoch = c.epoch AND i.seq > c.seq)))
                  AND EXISTS (SELECT 1 FROM access_tokens AS t WHERE t.access_token = c.token)
                """)).Where(refused.Contains)];
            if (charged.Count == 0)
                break;
            await load.CallAsync(world.Apps[time % world.Apps.Count], load.Plenty);
            await Task.Delay(TimeSpan.FromSeconds(1));
        }

        Assert.True(charged.Count == 0, $"{charged.Count} of {refused.Count} refused calls stay charged: {string.Join(", ", charged.Take(5))}");
        await SettleAsync(world, load);
    }

    private static async Task AssertNotOverGrantedAsync(System.Data.Common.DbConnection connection, IEnumerable<LoadCall> answered)
    {
        var stored = (await connection.QueryAsync<(string Token, long Granted, long Refunded, long Remaining)>("""
            SELECT t.access_token,
                   SUM(CASE WHEN l.action IN ('init', 'recharge', 'refill', 'expire') THEN l.quota_change ELSE 0 END),
                   SUM(CASE WHEN l.action = 'refund' THEN l.quota_change ELSE 0 END),
                   MAX(t.remaining_quota)
            FROM access_tokens AS t
            JOIN token_quota_logs AS l ON l.token = t.access_token
            WHERE t.quota_type <> 'time'
            GROUP BY t.access_token
            """)).ToDictionary(row => row.Token);
        foreach (var calls in answered.Where(call => call.Status is 200 or 400).GroupBy(call => call.TokenId))
        {
            if (!stored.TryGetValue(calls.Key, out var token))
                continue;
            long admitted = calls.Sum(call => (long)call.Cost);
            Assert.True(admitted <= token.Granted + token.Refunded - token.Remaining,
                $"{calls.Key}: {admitted} were admitted of {token.Granted} granted, {token.Remaining} are left.");
        }
    }
}
