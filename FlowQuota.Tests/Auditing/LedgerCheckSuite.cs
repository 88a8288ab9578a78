using FlowQuota.Administration;
using FlowQuota.Ledger;
using FlowQuota.Sql;
using FlowQuota.Tests.Servers;
using FlowQuota.Tests.Storage;
using Xunit;

namespace FlowQuota.Tests.Auditing;

/// <summary>infra/verify_ledger.sql reports every way in which the ledger can fail to balance, and nothing else.</summary>
public abstract class LedgerCheckSuite(SqlFixture sql)
{
    private readonly SqlTokenStore _tokens = new(sql.Dialect, TimeProvider.System);
    private readonly SqlLedgerCheckStore _store = new(sql.Dialect);

    protected SqlFixture Sql => sql;

    [SuiteFact]
    public async Task Books_that_balance_list_nothing()
    {
        string token = await NewTokenAsync();
        await LogAsync(token, 1, 2, 10, 8);
        await LogAsync(token, 1, 3, 8, 9, "refund");
        // Epoch 2 was taken and never used.
        await LogAsync(token, 3, 1, 9, 14, "recharge", total: 15);
        // The quota is removed, calls of a time token follow, and a new quota begins at zero.
        await LogAsync(token, 3, 2, 14, null, "init");
        await LogAsync(token, 3, 3, null, null);
        await LogAsync(token, 3, 4, null, 5, "recharge", total: 5);
        await SyncAsync(token, 3, 4, 5, 5);
        Assert.Empty(await FindAsync(token));
    }

    [SuiteFact]
    public async Task A_token_as_it_was_created_balances_with_and_without_a_quota()
    {
        Assert.Empty(await FindAsync(await NewTokenAsync()));
        Assert.Empty(await FindAsync(await NewTokenAsync(quota: null)));
    }

    [SuiteFact]
    public async Task Calls_of_a_time_token_need_not_be_synced()
    {
        string token = await NewTokenAsync(quota: null);
        await LogAsync(token, 1, 2, null, null);
        await LogAsync(token, 1, 3, null, null);
        Assert.Empty(await FindAsync(token));
    }

    [SuiteFact]
    public async Task Imported_records_are_no_part_of_the_chain()
    {
        string token = await NewTokenAsync();
        await LogAsync(token, 0, 17, 5, 9, change: 1);
        await LogAsync(token, 0, 23, -3, -4);
        await LogAsync(token, 1, 2, 10, 9);
        await SyncAsync(token, 1, 2, 9);
        string gone = Samples.NewTokenId();
        await LogAsync(gone, 0, 17, 5, 9, change: 1);

        Assert.Empty(await FindAsync(token));
        Assert.Empty(await FindAsync(gone));
        var newest = (await _store.CheckAsync(null, null, default)).Newest;
        Assert.Equal(new LedgerPosition(1, 2), newest[token].Position);
        Assert.DoesNotContain(gone, newest);
    }

    [SuiteFact]
    public async Task A_missing_record_is_a_gap()
    {
        string token = await NewTokenAsync();
        await LogAsync(token, 1, 4, 10, 9);
        await SyncAsync(token, 1, 4, 9);
        Assert.Equal(["gap (1, 4)"], await FindAsync(token));
    }

    [SuiteFact]
    public async Task An_epoch_that_does_not_begin_at_1_is_a_gap_where_an_earlier_one_is_kept()
    {
        string token = await NewTokenAsync();
        await LogAsync(token, 2, 2, 10, 9);
        await SyncAsync(token, 2, 2, 9);
        Assert.Equal(["gap (2, 2)"], await FindAsync(token));
    }

    [SuiteFact]
    public async Task A_missing_first_record_is_a_gap_where_nothing_was_ever_removed()
    {
        string token = await NewTokenAsync();
        await LogAsync(token, 1, 2, 10, 9);
        await SyncAsync(token, 1, 2, 9);
        await ForgetAsync(token, 1, 1);
        Assert.Equal(["gap (1, 2)"], await FindAsync(token));
    }

    [SuiteFact]
    public async Task What_retention_removed_is_no_gap_and_what_it_cannot_have_removed_is()
    {
        // Its row is kept, and is older than the new ones.
        await NewTokenAsync();
        string old = await NewTokenAsync();
        await LogAsync(old, 2, 7, 6, 5);
        await SyncAsync(old, 2, 7, 5);
        await ForgetAsync(old, 1, 1);
        string idle = await NewTokenAsync();
        await ForgetAsync(idle, 1, 1);
        string young = await NewTokenAsync(createdAt: Samples.Noon.AddDays(1));
        await LogAsync(young, 1, 2, 10, 9);
        await SyncAsync(young, 1, 2, 9);
        await ForgetAsync(young, 1, 1);
        string bare = await NewTokenAsync(createdAt: Samples.Noon.AddDays(1));
        await ForgetAsync(bare, 1, 1);
        await Sql.ExecuteAsync("UPDATE access_tokens SET created_at = @At WHERE access_token IN (@old, @idle)",
            new { At = Samples.Noon.AddYears(-10), old, idle });
        await Sql.ExecuteAsync("INSERT INTO quota_cleanup_runs (started_at, retention_days) VALUES (@At, 180)", new { At = Samples.Noon });
        try
        {
            Assert.Empty(await FindAsync(old));
            Assert.Empty(await FindAsync(idle));
            Assert.Equal(["gap (1, 2)"], await FindAsync(young));
            Assert.Equal(["missing_last (1, 1)"], await FindAsync(bare));
        }
        finally
        {
            await Sql.ExecuteAsync("DELETE FROM quota_cleanup_runs");
        }
    }

    [SuiteFact]
    public async Task A_record_that_does_not_begin_where_the_one_before_ended_breaks_the_chain_within_and_over_epochs()
    {
        string token = await NewTokenAsync();
        await LogAsync(token, 1, 2, 9, 8);
        await LogAsync(token, 1, 3, 8, 7);
        await LogAsync(token, 2, 1, 8, 7);
        await LogAsync(token, 2, 2, null, 3, "recharge", total: 13);
        await SyncAsync(token, 2, 2, 3, 13);
        Assert.Equal(["chain (1, 2)", "chain (2, 1)", "chain (2, 2)"], await FindAsync(token));
    }

    [SuiteFact]
    public async Task A_change_that_is_not_the_difference_is_told()
    {
        string token = await NewTokenAsync();
        await LogAsync(token, 1, 2, 10, 9, change: -2);
        await SyncAsync(token, 1, 2, 9);
        Assert.Equal(["sum (1, 2)"], await FindAsync(token));
    }

    [SuiteFact]
    public async Task A_change_that_access_tokens_shows_but_no_record_tells_is_missing()
    {
        string token = await NewTokenAsync();
        await LogAsync(token, 1, 2, 10, 9);
        await SyncAsync(token, 1, 5, 6);
        Assert.Equal(["missing_last (1, 5)"], await FindAsync(token));

        string bare = await NewTokenAsync();
        await ForgetAsync(bare, 1, 1);
        Assert.Equal(["missing_last (1, 1)"], await FindAsync(bare));
    }

    [SuiteFact]
    public async Task A_record_that_access_tokens_does_not_show_is_unsynced()
    {
        string token = await NewTokenAsync();
        await LogAsync(token, 1, 2, 10, 9);
        Assert.Equal(["unsynced (1, 2)"], await FindAsync(token));
    }

    [SuiteFact]
    public async Task Another_remaining_quota_than_the_newest_record_says_is_told()
    {
        string token = await NewTokenAsync();
        await LogAsync(token, 1, 2, 10, 9);
        await SyncAsync(token, 1, 2, 8);
        Assert.Equal(["remaining (1, 2)"], await FindAsync(token));
        await SyncAsync(token, 1, 2, null);
        Assert.Equal(["remaining (1, 2)"], await FindAsync(token));
    }

    [SuiteFact]
    public async Task Grants_that_do_not_follow_from_each_other_and_another_total_than_was_granted_are_listed()
    {
        string token = await NewTokenAsync();
        await LogAsync(token, 1, 2, 10, 15, "recharge", total: 20);
        await LogAsync(token, 1, 3, 15, 16, "recharge");
        await LogAsync(token, 1, 4, 16, 15, total: 20);
        await LogAsync(token, 1, 5, 15, 30, "init", total: 31);
        await SyncAsync(token, 1, 5, 30, total: 32);
        Assert.Equal(["total (1, 2)", "total (1, 3)", "total (1, 4)", "total (1, 5)", "total (1, 5)"], await FindAsync(token));
    }

    [SuiteFact]
    public async Task What_old_versions_did_not_state_is_no_problem()
    {
        string token = await NewTokenAsync(quota: null);
        await LogAsync(token, 1, 2, null, 5, "recharge");
        await LogAsync(token, 1, 3, 5, 8, "recharge");
        await LogAsync(token, 1, 4, 8, 9, "recharge", total: 9);
        await SyncAsync(token, 1, 4, 9, total: 9);
        Assert.Empty(await FindAsync(token));
    }

    [SuiteFact]
    public async Task Actions_that_do_the_opposite_are_listed()
    {
        string token = await NewTokenAsync();
        await LogAsync(token, 1, 2, 10, 9, "refund");
        await LogAsync(token, 1, 3, 9, 10);
        await SyncAsync(token, 1, 3, 10);
        Assert.Equal(["action (1, 2)", "action (1, 3)"], await FindAsync(token));
    }

    [SuiteFact]
    public async Task An_epoch_that_was_never_given_is_listed()
    {
        string token = await NewTokenAsync();
        await LogAsync(token, 2, 1, 10, 9);
        await SyncAsync(token, 2, 1, 9);
        await Sql.ExecuteAsync("UPDATE access_tokens SET quota_epoch = 1 WHERE access_token = @token", new { token });
        Assert.Equal(["range (2, 1)"], await FindAsync(token));
    }

    [SuiteFact]
    public async Task Less_than_nothing_and_more_than_was_granted_are_told()
    {
        string negative = await NewTokenAsync();
        await LogAsync(negative, 1, 2, 10, -1);
        await SyncAsync(negative, 1, 2, -1);
        Assert.Equal(["range (1, 2)", "range (1, 2)"], await FindAsync(negative));

        string tooMuch = await NewTokenAsync();
        await LogAsync(tooMuch, 1, 2, 10, 11, "refund");
        await SyncAsync(tooMuch, 1, 2, 11);
        Assert.Equal(["range (1, 2)"], await FindAsync(tooMuch));
    }

    [SuiteFact]
    public async Task A_record_that_was_set_aside_is_told_at_its_token_whatever_its_payload_is()
    {
        string token = await NewTokenAsync();
        var logs = NewLogs();
        await logs.DeadLetterAsync($$$"""{"token_id":"{{{token}}}","position":{"epoch":1,"seq":2}}""", "contradicts", default);
        await logs.DeadLetterAsync($$"""{"token":"{{token}}""", "cut off", default);
        await logs.DeadLetterAsync("\0garbage", "no event", default);
        var ofToken = await _store.CheckAsync(token, token, default);
        Assert.Equal(["dead_letter", "dead_letter"], ofToken.Problems.Select(problem => problem.Problem));
        var all = await _store.CheckAsync(null, null, default);
        Assert.Contains(all.Problems, problem => problem is { TokenId: null, Problem: "dead_letter" });
        await Sql.ExecuteAsync("DELETE FROM quota_dead_letters");
    }

    [SuiteFact]
    public async Task A_key_that_was_charged_twice_is_listed_unless_the_first_charge_was_given_back()
    {
        string token = await NewTokenAsync();
        await LogAsync(token, 1, 2, 10, 9);
        await LogAsync(token, 1, 3, 9, 10, "refund");
        await LogAsync(token, 1, 4, 10, 9);
        await LogAsync(token, 1, 5, 9, 8);
        await SyncAsync(token, 1, 5, 8);
        await Sql.ExecuteAsync("UPDATE token_quota_logs SET idempotency_key = 'once' WHERE token = @token AND action = 'consume'", new { token });
        Assert.Equal(["key (1, 5)"], await FindAsync(token));
        await Sql.ExecuteAsync("UPDATE token_quota_logs SET idempotency_key = 'other' WHERE token = @token AND seq = 5", new { token });
        Assert.Empty(await FindAsync(token));
    }

    [SuiteFact]
    public async Task A_record_that_mends_explains_what_lies_before_it_and_not_what_comes_after()
    {
        string token = await NewTokenAsync();
        await NewLogs().DeadLetterAsync($$"""{"token_id":"{{token}}"}""", "contradicts", default);
        await LogAsync(token, 1, 4, 9, 8, change: -2);
        await LogAsync(token, 1, 9, 8, 5, "recharge", errorType: LedgerCorrection.ErrorType, total: 10, createdAt: DateTime.UtcNow.AddMinutes(1));
        await SyncAsync(token, 1, 9, 5);
        Assert.Empty(await FindAsync(token));
        await LogAsync(token, 1, 11, 4, 3);
        await SyncAsync(token, 1, 11, 3);
        Assert.Equal(["chain (1, 11)", "gap (1, 11)"], await FindAsync(token));
        await Sql.ExecuteAsync("DELETE FROM quota_dead_letters");
    }

    [SuiteFact]
    public async Task Code_that_fails_with_the_name_of_a_mend_explains_nothing()
    {
        string token = await NewTokenAsync();
        await LogAsync(token, 1, 3, 10, 9, errorType: LedgerCorrection.ErrorType);
        await SyncAsync(token, 1, 3, 9);
        Assert.Equal(["gap (1, 3)"], await FindAsync(token));
    }

    [SuiteFact]
    public async Task The_records_of_a_deleted_token_are_looked_at_for_as_long_as_they_are_kept()
    {
        string token = await NewTokenAsync();
        await LogAsync(token, 1, 2, 9, 8);
        await _tokens.DeleteAsync(Samples.NewRequest(token), default);
        Assert.Equal(["chain (1, 2)"], await FindAsync(token));
        Assert.Contains(token, await _store.ListTokensAsync(null, 100_000, default));
    }

    [SuiteFact]
    public async Task Tokens_are_listed_once_each_and_page_by_page()
    {
        for (int i = 0; i < 5; i++)
            await NewTokenAsync();
        List<string> listed = [];
        while (await _store.ListTokensAsync(listed.LastOrDefault(), 3, default) is { Count: > 0 } page)
            listed.AddRange(page);
        Assert.Equal(listed.Distinct().Order(StringComparer.Ordinal), listed);
        var expected = await Sql.QueryAsync<string>("SELECT access_token FROM access_tokens UNION SELECT token FROM token_quota_logs");
        Assert.Equal(expected.Order(StringComparer.Ordinal), listed);
    }

    protected async Task<string> NewTokenAsync(int? quota = 10, DateTime? createdAt = null) =>
        (await _tokens.CreateAsync(Samples.NewToken(quota) with { CreatedAt = createdAt ?? Samples.Noon }, "request", default)).TokenId;

    protected Task LogAsync(string token, int epoch, long seq, int? before, int? after, string action = "consume", int? change = null,
        string? errorType = null, DateTime? createdAt = null, int? total = null) =>
        Sql.ExecuteAsync("""
            INSERT INTO token_quota_logs (
                token, ws_id, email, epoch, seq, quota_before, quota_after, quota_change, action, request_id, execution_error_type, created_at, total_after)
            VALUES (@token, 'ws', 'a@example.com', @epoch, @seq, @before, @after, @change, @action, 'request', @errorType, @at, @total)
            """, new
        {
            token,
            epoch,
            seq,
            before,
            after,
            change = change ?? (after ?? 0) - (before ?? 0),
            action,
            errorType,
            total,
            at = createdAt ?? Samples.Noon.AddDays(epoch).AddSeconds(seq),
        });

    protected Task SyncAsync(string token, int epoch, long seq, int? remaining, int total = 10) =>
        Sql.ExecuteAsync("""
            UPDATE access_tokens SET quota_epoch = @epoch, synced_epoch = @epoch, synced_seq = @seq, remaining_quota = @remaining, total_quota = @total
            WHERE access_token = @token
            """, new { token, epoch, seq, remaining, total });

    protected async Task<IReadOnlyList<string>> FindAsync(string token)
    {
        var findings = await _store.CheckAsync(token, token, default);
        Assert.All(findings.Problems, problem => Assert.Equal(token, problem.TokenId));
        return [.. findings.Problems.Select(problem => $"{problem.Problem} ({problem.Epoch}, {problem.Seq})")];
    }

    private Task ForgetAsync(string token, int epoch, long seq) =>
        Sql.ExecuteAsync("DELETE FROM token_quota_logs WHERE token = @token AND epoch = @epoch AND seq = @seq", new { token, epoch, seq });

    private SqlQuotaLogStore NewLogs() =>
        new(Sql.Dialect, TimeProvider.System, Microsoft.Extensions.Logging.Abstractions.NullLogger<SqlQuotaLogStore>.Instance);
}
