using System.Globalization;
using FlowQuota.Import;
using FlowQuota.Ledger;
using FlowQuota.Retention;
using FlowQuota.Sql;
using FlowQuota.Tests.Apps;
using FlowQuota.Tests.Servers;
using FlowQuota.Tests.Storage;
using FlowQuota.Tokens;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace FlowQuota.Tests.Importing;

/// <summary>
/// The import from the Go system brings each token over once, with its remaining calls and its log rows, and keeps our
/// promises: the ledger balances, no change that was made here is undone, and no token is written in plain text.
/// </summary>
public abstract class LegacyImportSuite(SqlFixture sql) : IAsyncLifetime
{
    private static readonly DateTime Now = new(2026, 11, 22, 4, 0, 0, DateTimeKind.Utc);
    private static readonly TokenCodec Codec = new(TestWorld.Pepper, acceptsLegacy: true);

    private readonly LegacyFixture _legacy = new();

    public async Task InitializeAsync()
    {
        await sql.InitializeAsync();
        await _legacy.InitializeAsync();
    }

    public async Task DisposeAsync()
    {
        await _legacy.DisposeAsync();
        await sql.DisposeAsync();
    }

    [SuiteFact]
    public async Task A_dry_run_tells_what_an_import_would_do_and_writes_nothing()
    {
        string before = await DumpAsync();

        var dry = await RunAsync(apply: false);

        Assert.Equal(before, await DumpAsync());
        var applied = await RunAsync();
        Assert.Equal(Figures(applied), Figures(dry));
        Assert.Equal(applied.Findings, dry.Findings);
    }

    [SuiteFact]
    public async Task Tokens_come_with_their_terms_and_with_what_is_left_of_them()
    {
        var report = await RunAsync();

        Assert.Equal((10, 7, 1, 1, 3), (report.Tokens, report.ImportedTokens, report.DisabledTokens, report.ExpiredTokens, report.RefusedTokens));
        var token = await FindAsync(1);
        Assert.Equal(("ws_a", "a@example.com", QuotaType.Count, 10, 7), (token.WorkspaceId, token.Email, token.QuotaType, token.TotalQuota, token.RemainingQuota));
        Assert.Equal((60, 10, 60), (token.RateLimitPerMinute, token.RateLimitBurst, token.RateLimitWindowSeconds));
        Assert.Equal((true, null, ExpiryOperation.Unlimited), (token.IsActive, token.ExpiresAt, token.OperationType));
        // 07:30 on the clock in Shanghai.
        Assert.Equal(new DateTime(2026, 9, 30, 23, 30, 0, DateTimeKind.Utc), token.CreatedAt);
        Assert.Equal((1, 1, 1L, 1L), (token.QuotaEpoch, token.SyncedEpoch, token.SyncedSeq, token.RowVersion));
        var timed = await FindAsync(2);
        Assert.Equal((QuotaType.Time, null, null), (timed.QuotaType, timed.TotalQuota, timed.RemainingQuota));
        Assert.Equal(new DateTime(2027, 1, 5, 1, 0, 0, DateTimeKind.Utc), timed.ExpiresAt);
        Assert.Equal(new DateTime(2026, 10, 31, 16, 0, 0, DateTimeKind.Utc), (await FindAsync(3)).ExpiresAt);
        Assert.False((await FindAsync(4)).IsActive);
    }

    [SuiteFact]
    public async Task What_cannot_be_ours_is_named_by_its_row_and_the_rest_goes_through()
    {
        var report = await RunAsync();

        Assert.Equal(
            [
                "Refused access_tokens 7: remaining_quota is NULL, so the remaining calls are unknown",
                "Refused access_tokens 8: access_token is not flow_ and 64 hexadecimal digits",
                "Refused access_tokens 9: rate_limit_per_minute must be 1 or more, or NULL",
                "Refused token_quota_logs 107: created_at is in the future (is the time zone right?)",
                "Adjusted access_tokens 5: total_quota 10 raised to remaining_quota 25",
                "Adjusted access_tokens 6: remaining_quota -2 read as 0",
                "Adjusted access_tokens 10: total_quota and remaining_quota left out: the quota_type is time",
            ],
            report.Findings.OrderBy(finding => finding.Kind).ThenBy(finding => finding.Table, StringComparer.Ordinal).ThenBy(finding => finding.RowId)
                .Select(finding => $"{finding.Kind} {finding.Table} {finding.RowId}: {finding.Reason}"));
        Assert.Equal((25, 25), (Total: (await FindAsync(5)).TotalQuota, (await FindAsync(5)).RemainingQuota));
        Assert.Equal((10, 0), (Total: (await FindAsync(6)).TotalQuota, (await FindAsync(6)).RemainingQuota));
        // Its digits are in upper case there, and in either case it is one token.
        Assert.NotNull(await Tokens.FindAsync(Codec.ReadLegacy("flow_0000000000000000000000000000000a" + new string('a', 32))!.TokenId, default));
    }

    [SuiteFact]
    public async Task Every_bad_row_is_refused_with_what_is_wrong_with_it()
    {
        (string Change, string Says)[] rows =
        [
            ("ws_id = ' '", "ws_id"), ("email = ''", "email"), ("is_active = 2", "is_active"), ("rate_limit_burst = -1", "rate_limit_burst"),
            ("rate_limit_window_seconds = 86401", "rate_limit_window_seconds"), ("expires_at = '9999-12-31 00:00:00'", "expires_at"),
            ("quota_type = 'count', total_quota = -1, remaining_quota = 1", "total_quota"),
            ("access_token = CONCAT(access_token, 'a')", "access_token"), ("access_token = REPLACE(access_token, 'aaaa', 'gggg')", "access_token"),
            ("access_token = CONCAT('Flow', SUBSTR(access_token, 5))", "access_token"),
        ];
        foreach (var (change, says) in rows)
        {
            await _legacy.ExecuteAsync($"UPDATE access_tokens SET {change} WHERE id = 1");
            var finding = Assert.Single((await RunAsync(apply: false)).Findings, finding => finding is { RowId: 1, Kind: ImportFindingKind.Refused });
            Assert.StartsWith(says, finding.Reason, StringComparison.Ordinal);
            await _legacy.ExecuteAsync("DELETE FROM access_tokens WHERE id = 1");
            await _legacy.ExecuteAsync($"""
                INSERT INTO access_tokens (id, ws_id, email, access_token, quota_type, total_quota, remaining_quota, created_at, updated_at)
                VALUES (1, 'ws_a', 'a@example.com', '{LegacyFixture.Token(1)}', 'count', 10, 7, '2026-10-01 07:30:00', '2026-10-01 07:30:00')
                """);
        }
    }

    [SuiteFact]
    public async Task Who_may_call_and_how_often_is_as_it_was_there()
    {
        (string Change, QuotaType Type, int? PerMinute, int? Burst, string? Says)[] rows =
        [
            ("expires_at = '2026-11-01 00:00:00'", QuotaType.Hybrid, 60, 10, "quota_type count read as hybrid, because expires_at ends the token"),
            ("expires_at = '2027-11-01 00:00:00'", QuotaType.Hybrid, 60, 10, "quota_type count read as hybrid, because expires_at ends the token"),
            ("quota_type = 'hybrid', expires_at = '2026-11-01 00:00:00'", QuotaType.Hybrid, 60, 10, null),
            ("rate_limit_per_minute = NULL, rate_limit_burst = 5", QuotaType.Count, null, null, "rate_limit_burst left out: without rate_limit_per_minute there is no limit"),
            ("rate_limit_per_minute = NULL, rate_limit_burst = NULL", QuotaType.Count, null, null, null),
            ("rate_limit_per_minute = 600, rate_limit_burst = NULL", QuotaType.Count, 600, 10, "rate_limit_burst NULL read as 10, the Go system's own"),
            ("rate_limit_per_minute = 600, rate_limit_burst = 30", QuotaType.Count, 600, 30, null),
        ];
        foreach (var ((change, type, perMinute, burst, says), i) in rows.Select((row, i) => (row, i)))
        {
            int id = 200 + i;
            await _legacy.ExecuteAsync($"""
                INSERT INTO access_tokens (id, ws_id, email, access_token, quota_type, total_quota, remaining_quota, created_at, updated_at, rate_limit_per_minute, rate_limit_burst)
                VALUES ({id}, 'ws_a', 'a@example.com', '{LegacyFixture.Token(id)}', 'count', 10, 7, '2026-10-01 07:30:00', '2026-10-01 07:30:00', 60, 10);
                UPDATE access_tokens SET {change}, updated_at = '2026-10-01 07:30:00' WHERE id = {id}
                """);
            var findings = (await RunAsync()).Findings.Where(finding => finding.RowId == id && finding.Table == "access_tokens").ToList();
            Assert.Equal(says ?? "", string.Join("; ", findings.Select(finding => finding.Reason)));
            var token = await FindAsync(id);
            Assert.Equal((type, perMinute, burst), (token.QuotaType, token.RateLimitPerMinute, token.RateLimitBurst));
        }
    }

    [SuiteFact]
    public async Task A_second_run_changes_nothing_even_where_the_tokens_were_used_here()
    {
        await RunAsync();
        string tokenId = Id(1);
        await UseAsync(tokenId);
        string before = await DumpAsync();

        var again = await RunAsync(now: Now.AddDays(1));

        Assert.Equal(before, await DumpAsync());
        Assert.Equal((0, 7, 0, 3), (again.ImportedTokens, again.TokensHere, again.ImportedLogRows, again.RefusedTokens));
        Assert.Equal((0, 0), (again.MovedTokens, again.Adjustments));
    }

    [SuiteFact]
    public async Task A_token_that_got_a_new_secret_here_keeps_it_and_is_no_other_token()
    {
        await RunAsync();
        var token = (await Tokens.FindAsync(Id(1), default))!;
        await Tokens.TryUpdateTermsAsync(new SecretChange(GraceSeconds: 0) { NewHash = new byte[32] }.Apply(token, Now), default);

        var again = await RunAsync();

        Assert.Equal((0, 7, 3), (again.ImportedTokens, again.TokensHere, again.RefusedTokens));
        Assert.Equal(new byte[32], (await Tokens.FindAsync(Id(1), default))!.SecretHash);
    }

    [SuiteFact]
    public async Task A_token_that_was_deleted_here_stays_deleted()
    {
        await RunAsync();
        await Tokens.DeleteAsync(Samples.NewRequest(Id(1)), default);

        var again = await RunAsync();

        Assert.Equal((0, 6, 1), (again.ImportedTokens, again.TokensHere, again.TokensDeletedHere));
        Assert.Null(await Tokens.FindAsync(Id(1), default));
    }

    [SuiteFact]
    public async Task Calls_that_the_Go_system_took_after_the_import_are_told()
    {
        await RunAsync();
        await _legacy.ExecuteAsync("UPDATE access_tokens SET remaining_quota = 4 WHERE id = 1");

        var again = await RunAsync();

        var moved = Assert.Single(again.Findings, finding => finding.Kind == ImportFindingKind.Moved);
        Assert.Equal((1L, "remaining_quota was 7 at its import and is 4 in the Go system now"), (moved.RowId, moved.Reason));
        Assert.Equal(7, (await FindAsync(1)).RemainingQuota);
    }

    [SuiteFact]
    public async Task A_run_that_broke_off_is_continued_and_leaves_nothing_twice()
    {
        await RunAsync();
        string whole = await DumpAsync(withIds: false);
        // The state after a run that died between the history and the token, perhaps in another zone than the next one's.
        await sql.ExecuteAsync("DELETE FROM access_tokens WHERE access_token = @id", new { id = Id(1) });
        await sql.ExecuteAsync("DELETE FROM token_quota_logs WHERE token = @id AND epoch = 1", new { id = Id(1) });
        await sql.ExecuteAsync("DELETE FROM token_quota_logs WHERE token = @id AND seq = 102", new { id = Id(1) });
        await sql.ExecuteAsync("UPDATE token_quota_logs SET created_at = '2026-10-02 00:00:00.000' WHERE token = @id AND seq = 101", new { id = Id(1) });

        var again = await RunAsync();

        Assert.Equal((1, 6), (again.ImportedTokens, again.TokensHere));
        Assert.Equal(whole, await DumpAsync(withIds: false));
    }

    [SuiteFact]
    public async Task The_log_is_told_as_it_was_under_an_epoch_of_its_own()
    {
        var report = await RunAsync();

        // 106 is older than the retention, 108 and 109 are of tokens that do not come.
        Assert.Equal((7, 3, 1, 1, 2), (report.LogRows, report.ImportedLogRows, report.ExpiredLogRows, report.RefusedLogRows, report.OtherLogRows));
        var page = await Logs.ReadAsync(new QuotaLogQuery(Id(1), null, null, null, 1, 100), default);
        Assert.Equal(
            [(1, 1L, QuotaAction.Init), (0, 105, QuotaAction.Consume), (0, 102, QuotaAction.Consume), (0, 101, QuotaAction.Init)],
            page.Entries.Select(entry => (entry.Position.Epoch, entry.Position.Seq, entry.Action)));
        var (grant, failed, succeeded, created) = (page.Entries[0], page.Entries[1], page.Entries[2], page.Entries[3]);
        Assert.Equal((0, 7, 7, Now), (grant.QuotaBefore, grant.QuotaAfter, grant.QuotaChange, grant.CreatedAt));
        Assert.StartsWith(LegacyImport.RequestIdPrefix, grant.RequestId, StringComparison.Ordinal);
        Assert.Equal((8, 7, -1, false, "RuntimeError"), (failed.QuotaBefore, failed.QuotaAfter, failed.QuotaChange, failed.ExecutionSuccess, failed.ExecutionErrorType));
        Assert.Equal($"no access for {Id(1)}, ask again", failed.ExecutionErrorMessage);
        Assert.Equal("req-105--", failed.RequestId);
        Assert.Equal(new DateTime(2026, 11, 19, 15, 59, 59, DateTimeKind.Utc), succeeded.CreatedAt);
        Assert.Equal((true, "5f0d7c1e-4f0e-4a57-9a0e-3d6f6a1b2c3d"), (succeeded.ExecutionSuccess, succeeded.RequestId));
        Assert.Equal("legacy-101", created.RequestId);
    }

    [SuiteFact]
    public async Task The_books_balance_after_it_and_go_on_from_what_was_left()
    {
        await RunAsync();
        Assert.Empty(await ProblemsAsync());

        await UseAsync(Id(1));

        Assert.Empty(await ProblemsAsync());
        // Changes that are made here are still checked.
        await sql.ExecuteAsync("DELETE FROM token_quota_logs WHERE token = @id AND epoch = 2 AND seq = 1", new { id = Id(1) });
        Assert.NotEmpty(await ProblemsAsync());
    }

    [SuiteFact]
    public async Task A_token_is_loaded_with_what_was_left_of_it()
    {
        await RunAsync();

        var cold = (await Tokens.TakeEpochAsync(Id(1), 0, default))!;

        Assert.Equal((2, 7, 10), (cold.Token.QuotaEpoch, cold.Token.RemainingQuota, cold.Token.TotalQuota));
        Assert.Equal(new LoggedQuota(new LedgerPosition(1, 1), 7, null), cold.LastEntry);
    }

    [SuiteFact]
    public async Task Retention_removes_imported_rows_like_all_others()
    {
        await RunAsync();
        var clock = new FakeTimeProvider(Now.AddDays(30));
        var cleanup = new QuotaLogCleanup(
            new SqlRetentionStore(sql.Dialect, NullLogger<SqlRetentionStore>.Instance),
            new RetentionSettings(true, RetentionDays: 60, TimeSpan.FromHours(24), 1000), clock, NullLogger<QuotaLogCleanup>.Instance);

        var result = await cleanup.RunAsync(default);

        // Created on 30 September; the cutoff is 23 October.
        Assert.Equal(1, result.DeletedCount);
        var page = await Logs.ReadAsync(new QuotaLogQuery(Id(1), null, null, null, 1, 100), default);
        Assert.Equal([1L, 105, 102], page.Entries.Select(entry => entry.Position.Seq));
        Assert.Empty(await ProblemsAsync());
    }

    [SuiteFact]
    public async Task The_books_balance_when_retention_removed_all_but_calls_made_here()
    {
        await RunAsync();
        await UseAsync(Id(1));
        await sql.ExecuteAsync("INSERT INTO quota_cleanup_runs (started_at, completed_at, retention_days, deleted_count) VALUES ('2027-06-01 00:00:00.000', '2027-06-01 00:00:00.000', 180, 5)");
        await sql.ExecuteAsync("DELETE FROM token_quota_logs WHERE NOT (token = @id AND epoch = 2)", new { id = Id(1) });

        Assert.Empty(await ProblemsAsync());
    }

    [SuiteFact]
    public async Task No_token_is_in_our_tables_or_in_the_report()
    {
        await _legacy.ExecuteAsync($"UPDATE token_quota_logs SET request_id = CONCAT('x', token), ws_id = token, execution_error_type = token WHERE id = 102");

        var report = await RunAsync();

        using var text = new StringWriter(CultureInfo.InvariantCulture);
        await ImportReportText.WriteAsync(text, report, Settings(), TimeSpan.Zero);
        foreach (string place in new[] { await DumpAsync(), text.ToString() })
        {
            Assert.DoesNotContain(new string('a', 32), place, StringComparison.OrdinalIgnoreCase);
            Assert.DoesNotContain("handmade", place, StringComparison.Ordinal);
        }

        Assert.Contains(Id(1), await DumpAsync(), StringComparison.Ordinal);
    }

    [SuiteFact]
    public async Task Times_of_type_timestamp_are_instants_whatever_the_zone()
    {
        await _legacy.ExecuteAsync("""
            SET SESSION time_zone = '+08:00';
            ALTER TABLE access_tokens MODIFY created_at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP, MODIFY expires_at TIMESTAMP NULL;
            ALTER TABLE token_quota_logs MODIFY created_at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP;
            """);

        var report = await RunAsync();

        Assert.Equal((7, 3, 1, 1), (report.ImportedTokens, report.ImportedLogRows, report.ExpiredLogRows, report.RefusedLogRows));
        Assert.Equal(new DateTime(2026, 9, 30, 23, 30, 0, DateTimeKind.Utc), (await FindAsync(1)).CreatedAt);
        Assert.Equal(new DateTime(2027, 1, 5, 1, 0, 0, DateTimeKind.Utc), (await FindAsync(2)).ExpiresAt);
    }

    [SuiteFact]
    public async Task Many_tokens_with_many_rows_come_over_page_by_page_and_a_stop_is_gone_on_from()
    {
        const string numbers = """
            WITH RECURSIVE digits AS (SELECT 0 AS d UNION ALL SELECT d + 1 FROM digits WHERE d < 9),
            numbers AS (SELECT a.d * 1000 + b.d * 100 + c.d * 10 + d.d + 1 AS n FROM digits AS a, digits AS b, digits AS c, digits AS d)
            """;
        await _legacy.ExecuteAsync($"""
            INSERT INTO access_tokens (ws_id, email, access_token, quota_type, total_quota, remaining_quota, created_at, updated_at)
            {numbers}
            SELECT CONCAT('ws', n), 'many@example.com', CONCAT('flow_', SHA2(n, 256)), 'count', 100, 97, '2026-10-01 00:00:00', '2026-10-01 00:00:00'
            FROM numbers WHERE n <= 1200;
            INSERT INTO token_quota_logs (token, ws_id, email, quota_before, quota_after, quota_change, action, created_at)
            {numbers}
            SELECT CONCAT('flow_', SHA2(n, 256)), 'ws', 'many@example.com', 100 - d + 1, 100 - d, -1, 'consume', '2026-11-01 00:00:00'
            FROM numbers CROSS JOIN digits WHERE n <= 1200 AND d BETWEEN 1 AND 3;
            """);

        using var stop = new CancellationTokenSource();
        var progress = new StoppingProgress(stop);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Import(Settings(), Now).RunAsync(apply: true, progress, stop.Token));
        // The first page is here, and no token of the second, of which some log rows were written.
        Assert.Equal((1210, 500), (progress.Last!.Tokens, progress.Last.ReadTokens));
        Assert.Equal([497L], await sql.QueryAsync<long>("SELECT COUNT(*) FROM access_tokens"));
        Assert.Empty(await ProblemsAsync());

        var report = await RunAsync();

        Assert.Equal((1210, 497, 710), (report.ReadTokens, report.TokensHere, report.ImportedTokens));
        Assert.Equal([(1207L, 4810L)], await sql.QueryAsync<(long, long)>(
            "SELECT (SELECT COUNT(*) FROM access_tokens), (SELECT COUNT(*) FROM token_quota_logs)"));
        Assert.Empty(await ProblemsAsync());
        Assert.Equal(1207, (await RunAsync()).TokensHere);
    }

    [SuiteFact]
    public async Task A_log_without_an_index_on_the_token_is_told()
    {
        Assert.True((await RunAsync(apply: false)).LogIsIndexed);
        await _legacy.ExecuteAsync("ALTER TABLE token_quota_logs DROP INDEX idx_token_created");
        Assert.False((await RunAsync()).LogIsIndexed);
    }

    [SuiteFact]
    public async Task Another_pepper_than_that_of_the_tokens_here_is_refused()
    {
        await RunAsync();
        var other = Settings() with { TokenPepper = "another-pepper-of-at-least-32-char" };
        var refused = await Assert.ThrowsAsync<ImportRefusedException>(() => Import(other, Now).RunAsync(apply: false, progress: null, default));
        Assert.Contains("TOKEN_PEPPER", refused.Message, StringComparison.Ordinal);
    }

    [SuiteFact]
    public async Task What_is_not_the_Go_systems_database_is_refused()
    {
        await _legacy.ExecuteAsync("ALTER TABLE token_quota_logs DROP COLUMN action");
        var incomplete = await Assert.ThrowsAsync<ImportRefusedException>(() => RunAsync());
        Assert.Equal("The Go system's database has no column token_quota_logs.action.", incomplete.Message);
        await _legacy.ExecuteAsync("ALTER TABLE access_tokens ADD secret_hash BINARY(32)");
        var ours = await Assert.ThrowsAsync<ImportRefusedException>(() => RunAsync());
        Assert.StartsWith("LEGACY_MYSQL_CONNECTION names a database of FlowQuota", ours.Message, StringComparison.Ordinal);
        await _legacy.DisposeAsync();
        var gone = await Assert.ThrowsAsync<ImportRefusedException>(() => RunAsync());
        Assert.StartsWith("The Go system's database cannot be read: ", gone.Message, StringComparison.Ordinal);
    }

    [SuiteFact]
    public async Task A_database_of_another_system_is_not_written_to()
    {
        await sql.ExecuteAsync("DROP TABLE access_tokens");
        await sql.ExecuteAsync("CREATE TABLE access_tokens (id INTEGER, access_token VARCHAR(255))");
        var refused = await Assert.ThrowsAsync<ImportRefusedException>(() => RunAsync());
        Assert.StartsWith("MYSQL_CONNECTION names a database with an access_tokens that is not ours", refused.Message, StringComparison.Ordinal);
    }

    [SuiteFact]
    public async Task A_dry_run_needs_no_tables_of_ours_and_an_import_makes_them()
    {
        foreach (string table in new[] { "access_tokens", "token_quota_logs", "quota_dead_letters", "quota_cleanup_runs", "flowquota_schema" })
            await sql.ExecuteAsync($"DROP TABLE {table}");

        Assert.Equal(7, (await RunAsync(apply: false)).ImportedTokens);
        var unprepared = Settings() with { MigrateDatabase = false };
        await Assert.ThrowsAsync<ImportRefusedException>(() => Import(unprepared, Now).RunAsync(apply: true, progress: null, default));
        Assert.Equal(7, (await RunAsync()).ImportedTokens);
        Assert.NotNull(await Tokens.FindAsync(Id(1), default));
    }

    [SuiteFact]
    public async Task Two_imports_do_not_write_at_once()
    {
        await using var held = await sql.Dialect.TryLockAsync("import", TimeSpan.Zero, default);
        var refused = await Assert.ThrowsAsync<ImportRefusedException>(() => RunAsync());
        Assert.Equal("Another import is writing to this database.", refused.Message);
        await RunAsync(apply: false);
    }

    /// <summary>Stops the import within its second page of tokens.</summary>
    private sealed class StoppingProgress(CancellationTokenSource stop) : IProgress<LegacyImportReport>
    {
        private long _rows;

        public LegacyImportReport? Last { get; private set; }

        public void Report(LegacyImportReport value)
        {
            if (value.ReadTokens > 0 && value.ReadLogRows > _rows && _rows > 0)
                stop.Cancel();
            _rows = value.ReadTokens > 0 ? value.ReadLogRows : 0;
            Last = value;
        }
    }

    private SqlTokenStore Tokens => new(sql.Dialect, TimeProvider.System);

    private SqlQuotaLogStore Logs => new(sql.Dialect, TimeProvider.System, NullLogger<SqlQuotaLogStore>.Instance);

    private static string Id(int row) => Codec.ReadLegacy(LegacyFixture.Token(row))!.TokenId;

    private LegacyImportSettings Settings() => new()
    {
        LegacyConnection = _legacy.ConnectionString,
        TokenPepper = TestWorld.Pepper,
        TimeZone = TimeZoneInfo.FindSystemTimeZoneById(LegacyFixture.TimeZone),
        RetentionDays = 180,
        MigrateDatabase = true,
        AcceptsLegacyTokens = true,
    };

    private LegacyImport Import(LegacyImportSettings settings, DateTime now) => new(settings, sql.Dialect, sql.Migrator, new FakeTimeProvider(now));

    private Task<LegacyImportReport> RunAsync(bool apply = true, DateTime? now = null) => Import(Settings(), now ?? Now).RunAsync(apply, progress: null, default);

    private static object Figures(LegacyImportReport report) => (
        report.Tokens, report.ImportedTokens, report.DisabledTokens, report.ExpiredTokens, report.TokensHere, report.LogRows,
        (report.ImportedLogRows, report.ExpiredLogRows, report.RefusedTokens, report.RefusedLogRows, report.Adjustments));

    private async Task<AccessToken> FindAsync(int row) => (await Tokens.FindAsync(Id(row), default))!;

    /// <summary>Two calls under an epoch of their own, as a drain writes them.</summary>
    private async Task UseAsync(string tokenId)
    {
        var cold = (await Tokens.TakeEpochAsync(tokenId, 0, default))!;
        int epoch = cold.Token.QuotaEpoch;
        int left = cold.Token.RemainingQuota!.Value;
        await Logs.WriteAsync(
            [.. Enumerable.Range(1, 2).Select(seq => Samples.NewEntry(tokenId, seq, epoch, Now.AddMinutes(seq)) with
            {
                QuotaBefore = left - seq + 1, QuotaAfter = left - seq,
            })],
            default);
        await new SqlQuotaStore(sql.Dialect, TimeProvider.System).WriteAsync(
            [new QuotaSnapshot(tokenId, new LedgerPosition(epoch, 2), left - 2, cold.Token.TotalQuota)], default);
    }

    private async Task<IReadOnlyList<LedgerProblem>> ProblemsAsync() =>
        (await new SqlLedgerCheckStore(sql.Dialect).CheckAsync(null, null, default)).Problems;

    /// <summary>All rows of our tables; without row numbers, request ids and times of writing where two runs are compared.</summary>
    private async Task<string> DumpAsync(bool withIds = true)
    {
        string[] volatileColumns = withIds ? [] : ["id", "request_id"];
        List<string> lines = [];
        foreach (string table in new[] { "access_tokens", "token_quota_logs", "quota_dead_letters" })
        {
            foreach (IDictionary<string, object?> row in await sql.QueryAsync<dynamic>($"SELECT * FROM {table}"))
            {
                lines.Add(string.Join('|', row.Where(column => !volatileColumns.Contains(column.Key))
                    .Select(column => column.Value is byte[] bytes ? Convert.ToHexString(bytes) : Convert.ToString(column.Value, CultureInfo.InvariantCulture))));
            }
        }

        return string.Join('\n', lines.Order(StringComparer.Ordinal));
    }
}
