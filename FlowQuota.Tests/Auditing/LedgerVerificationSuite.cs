using System.Text.Json;
using Dapper;
using FlowQuota.Tests.Apps;
using FlowQuota.Tests.Servers;
using Xunit;

namespace FlowQuota.Tests.Auditing;

/// <summary>GET /flow/quota/verify reports every difference, Redis included, and corrects nothing by itself.</summary>
public abstract class LedgerVerificationSuite
{
    [SuiteFact]
    public async Task After_calls_of_every_kind_the_books_balance()
    {
        await using var world = await StartAsync();
        var app = await world.StartAppAsync();
        var token = await app.CreateTokenAsync();
        var timed = await app.CreateTokenAsync(new { ws_id = "ws", email = "a@example.com", operation = "unlimited" });
        await app.ConsumeAsync(token, 3);
        await app.ExecuteAsync(token, "return 1");
        await app.ExecuteAsync(timed, "throw new Error('x')");
        await app.AdminAsync(HttpMethod.Put, $"/flow/tokens/{token.Id}", new { quota_operation = "add", quota_amount = 5 });
        await app.ConsumeAsync(token);
        await app.AdminAsync(HttpMethod.Put, $"/flow/tokens/{token.Id}", new { quota_type = "time" });
        await app.ConsumeAsync(token);
        await app.AdminAsync(HttpMethod.Put, $"/flow/tokens/{token.Id}", new { quota_type = "count", quota_operation = "set", quota_amount = 7 });
        await app.DrainAsync();

        var report = await VerifyAsync(app);
        Assert.True(report.GetProperty("balanced").GetBoolean(), report.ToString());
        Assert.Equal((2, 0), (report.GetProperty("checked_tokens").GetInt32(), report.GetProperty("pending_tokens").GetInt32()));
        Assert.Equal(JsonValueKind.Null, report.GetProperty("next").ValueKind);
    }

    [SuiteFact]
    public async Task What_is_on_its_way_to_SQL_is_pending_and_no_problem()
    {
        await using var world = await StartAsync();
        // Only the test drains.
        var app = await world.StartAppAsync(("QUOTA_SYNC_INTERVAL_SECONDS", "3600"), ("OUTBOX_SWEEP_INTERVAL_MINUTES", "60"));
        var token = await app.CreateTokenAsync();
        var quiet = await app.CreateTokenAsync();
        await app.Redis.StringSetAsync("lease:audit", "a drain that hangs", TimeSpan.FromMinutes(5));
        await app.ConsumeAsync(token);
        var report = await VerifyAsync(app);
        Assert.Equal(JsonValueKind.Null, report.GetProperty("balanced").ValueKind);
        Assert.Empty(Problems(report));
        Assert.Equal((1, 1), (report.GetProperty("checked_tokens").GetInt32(), report.GetProperty("pending_tokens").GetInt32()));
        Assert.Equal(503, (await MendAsync(app, token.Id)).Status);
        Assert.Equal(200, (await MendAsync(app, quiet.Id)).Status);
    }

    [SuiteFact]
    public async Task A_busy_token_is_judged_up_to_the_last_change_that_SQL_has()
    {
        await using var world = await StartAsync();
        var app = await world.StartAppAsync(("QUOTA_SYNC_INTERVAL_SECONDS", "3600"), ("OUTBOX_SWEEP_INTERVAL_MINUTES", "60"));
        var token = await app.CreateTokenAsync();
        for (int i = 0; i < 4; i++)
            await app.ConsumeAsync(token);
        await app.DrainAsync();
        await app.Redis.StringSetAsync("lease:audit", "a drain that hangs", TimeSpan.FromMinutes(5));
        await app.ConsumeAsync(token);

        await ExecuteAsync(app, "DELETE FROM token_quota_logs WHERE seq = 3");
        var report = await VerifyAsync(app);
        Assert.Equal(["chain (1, 4)", "gap (1, 4)"], Told(report).Order(StringComparer.Ordinal));
        Assert.False(report.GetProperty("balanced").GetBoolean());
        Assert.Equal((0, 1), (report.GetProperty("checked_tokens").GetInt32(), report.GetProperty("pending_tokens").GetInt32()));

        // The newest waiting change is known, too.
        await app.Redis.StringDecrementAsync($"quota:{token.Id}");
        Assert.Contains("live (1, 6)", Told(await VerifyAsync(app)));
    }

    [SuiteFact]
    public async Task Redis_that_differs_from_the_newest_record_is_told_and_a_mend_explains_it()
    {
        await using var world = await StartAsync();
        var app = await world.StartAppAsync();
        var token = await app.CreateTokenAsync();
        var other = await app.CreateTokenAsync();
        await app.ConsumeAsync(token);
        await app.DrainAsync();
        await app.Redis.StringSetAsync($"quota:{token.Id}", 4);
        Assert.Equal(["live"], Problems(await VerifyAsync(app)));
        Assert.Equal(["live"], Problems(await VerifyAsync(app, token.Id)));
        Assert.Empty(Problems(await VerifyAsync(app, other.Id)));
        Assert.Equal(["live"], Problems(await VerifyAsync(app)));

        var mended = await MendAsync(app, token.Id, "an operator wrote to Redis by hand");
        Assert.True(mended.Data.GetProperty("mended").GetBoolean());
        var entry = mended.Data.GetProperty("entry");
        Assert.Equal((9, 4, -5, "recharge"), (entry.GetProperty("quota_before").GetInt32(), entry.GetProperty("quota_after").GetInt32(),
            entry.GetProperty("quota_change").GetInt32(), entry.GetProperty("action").GetString()));
        Assert.Equal(mended.Body.GetProperty("request_id").GetString(), entry.GetProperty("request_id").GetString());
        Assert.Equal("an operator wrote to Redis by hand", entry.GetProperty("execution_error_message").GetString());
        Assert.Equal("live", mended.Data.GetProperty("explained")[0].GetProperty("problem").GetString());

        Assert.Equal(200, (await app.ConsumeAsync(token, 4)).Status);
        await app.DrainAsync();
        Assert.Empty(Problems(await VerifyAsync(app)));
    }

    [SuiteFact]
    public async Task Records_that_were_lost_are_told_and_a_mend_makes_the_chain_whole_from_there_on()
    {
        await using var world = await StartAsync();
        var app = await world.StartAppAsync();
        var token = await app.CreateTokenAsync();
        var timed = await app.CreateTokenAsync(new { ws_id = "ws", email = "a@example.com", operation = "unlimited" });
        for (int i = 0; i < 3; i++)
        {
            await app.ConsumeAsync(token);
            await app.ConsumeAsync(timed);
        }

        await app.DrainAsync();
        await ExecuteAsync(app, "DELETE FROM token_quota_logs WHERE seq IN (2, 4)");
        Assert.Equal(
            ["chain (1, 3)", "gap (1, 3)", "live (1, 4)", "missing_last (1, 4)"],
            Told(await VerifyAsync(app, token.Id)).Order(StringComparer.Ordinal));
        Assert.Equal(["gap (1, 3)", "live (1, 4)"], Told(await VerifyAsync(app, timed.Id)).Order(StringComparer.Ordinal));

        Assert.True((await MendAsync(app, token.Id)).Data.GetProperty("mended").GetBoolean());
        Assert.True((await MendAsync(app, timed.Id)).Data.GetProperty("mended").GetBoolean());
        Assert.Equal(200, (await app.ConsumeAsync(token)).Status);
        Assert.Equal(200, (await app.ConsumeAsync(timed)).Status);
        await app.DrainAsync();
        Assert.Empty(Told(await VerifyAsync(app)));
        Assert.False((await MendAsync(app, token.Id)).Data.GetProperty("mended").GetBoolean());
    }

    [SuiteFact]
    public async Task A_state_that_is_older_than_SQL_is_replaced_by_SQLs_and_the_mend_says_so()
    {
        await using var world = await StartAsync();
        var app = await world.StartAppAsync();
        var token = await app.CreateTokenAsync();
        var older = await app.Redis.HashGetAllAsync($"token:{token.Id}");
        await app.ConsumeAsync(token, 4);
        await app.DrainAsync();
        await app.Redis.HashSetAsync($"token:{token.Id}", older);
        await app.Redis.StringSetAsync($"quota:{token.Id}", 10);
        Assert.Equal(["live"], Problems(await VerifyAsync(app)));

        var mended = await MendAsync(app, token.Id);
        Assert.Equal(6, mended.Data.GetProperty("entry").GetProperty("quota_after").GetInt32());
        Assert.Equal(6, await app.Redis.StringGetAsync($"quota:{token.Id}"));
        Assert.Empty(Told(await VerifyAsync(app)));
    }

    [SuiteFact]
    public async Task The_records_of_a_deleted_token_can_be_explained_too()
    {
        await using var world = await StartAsync();
        var app = await world.StartAppAsync();
        var token = await app.CreateTokenAsync();
        await app.ConsumeAsync(token);
        await app.ConsumeAsync(token);
        await app.DrainAsync();
        await app.AdminAsync(HttpMethod.Delete, $"/flow/tokens/{token.Id}");
        Assert.Empty(Told(await VerifyAsync(app)));
        await ExecuteAsync(app, "DELETE FROM token_quota_logs WHERE seq = 2");
        Assert.NotEmpty(Told(await VerifyAsync(app)));
        Assert.True((await MendAsync(app, token.Id)).Data.GetProperty("mended").GetBoolean());
        Assert.Empty(Told(await VerifyAsync(app)));
        Assert.Equal(401, (await app.ConsumeAsync(token)).Status);
    }

    [SuiteFact]
    public async Task Every_token_is_looked_at_page_by_page()
    {
        await using var world = await StartAsync();
        var app = await world.StartAppAsync();
        for (int i = 0; i < 5; i++)
        {
            var token = await app.CreateTokenAsync();
            await app.Redis.StringSetAsync($"quota:{token.Id}", 3);
        }

        int looked = 0, problems = 0;
        string? after = null;
        do
        {
            var page = (await app.AdminAsync(HttpMethod.Get, $"/flow/quota/verify?page_size=2&after={after}")).Data;
            looked += page.GetProperty("checked_tokens").GetInt32();
            problems += page.GetProperty("problems").GetArrayLength();
            after = page.GetProperty("next").GetString();
        }
        while (after is not null);
        Assert.Equal((5, 5), (looked, problems));
    }

    [SuiteFact]
    public async Task Strangers_forged_ids_and_a_mend_without_a_reason_are_refused()
    {
        await using var world = await StartAsync();
        var app = await world.StartAppAsync();
        var token = await app.CreateTokenAsync();
        Assert.Equal(401, (await app.SendAsync(HttpMethod.Get, "/flow/quota/verify", token.Full)).Status);
        Assert.Equal(401, (await app.SendAsync(HttpMethod.Post, "/flow/quota/verify/mend", token.Full, new { token = token.Id, reason = "x" })).Status);
        Assert.Equal(404, (await app.AdminAsync(HttpMethod.Get, "/flow/quota/verify?token=flow_forged")).Status);
        Assert.Equal(404, (await MendAsync(app, "flow_forged")).Status);
        Assert.Equal(400, (await app.AdminAsync(HttpMethod.Post, "/flow/quota/verify/mend", new { token = token.Id })).Status);
        Assert.Equal(400, (await app.AdminAsync(HttpMethod.Get, "/flow/quota/verify?page_size=0")).Status);
    }

    private protected abstract Task<TestWorld> StartAsync();

    private static async Task<JsonElement> VerifyAsync(TestApp app, string? token = null)
    {
        var answer = await app.AdminAsync(HttpMethod.Get, $"/flow/quota/verify?token={token}");
        Assert.True(answer.Status == 200, answer.Body.ToString());
        return answer.Data;
    }

    private static Task<TestAnswer> MendAsync(TestApp app, string token, string reason = "a test") =>
        app.AdminAsync(HttpMethod.Post, "/flow/quota/verify/mend", new { token, reason });

    private static IEnumerable<string?> Problems(JsonElement report) =>
        report.GetProperty("problems").EnumerateArray().Select(problem => problem.GetProperty("problem").GetString());

    private static IEnumerable<string> Told(JsonElement report) =>
        report.GetProperty("problems").EnumerateArray().Select(problem =>
            $"{problem.GetProperty("problem")} ({problem.GetProperty("epoch")}, {problem.GetProperty("seq")})");

    private static async Task ExecuteAsync(TestApp app, string sql)
    {
        await using var connection = await app.Sql.OpenAsync(default);
        await connection.ExecuteAsync(sql);
    }
}
