using System.Data.Common;
using System.Globalization;
using Dapper;
using FlowQuota.Admission;
using FlowQuota.Ledger;
using FlowQuota.Periods;
using FlowQuota.Tests.Apps;
using FlowQuota.Tests.Servers;
using FlowQuota.Tokens;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace FlowQuota.Tests.Auditing;

/// <content>The books of a token with periods.</content>
public abstract partial class BooksMutationSuite
{
    private const int MutationsAtOnce = 100;

    private static readonly string[] PeriodColumns = ["effective_at", "period", "period_state", "total_after", "quota_before", "quota_after", "quota_change", "action"];
    private static readonly string[] Actions = ["init", "consume", "refund", "recharge", "refill", "expire", "reserve", "release"];

    [SuiteFact]
    public async Task Each_changed_field_of_a_periodic_token_is_found()
    {
        var token = await NewPeriodBooksAsync();
        await using var connection = await App.Sql.OpenAsync(default);
        List<PeriodMutation> mutations = [];
        foreach (var (epoch, seq, action) in (await connection.QueryAsync<(int, long, string)>(
            "SELECT epoch, seq, action FROM token_quota_logs WHERE token = @Id ORDER BY epoch, seq", token)).ToList())
        {
            foreach (string column in PeriodColumns)
                mutations.AddRange(await MutationsAsync(connection, "token_quota_logs", $"token = @token AND epoch = {epoch} AND seq = {seq}", column, action, token.Id));
        }

        mutations.AddRange(await MutationsAsync(connection, "access_tokens", "access_token = @token", "period_state", "", token.Id));
        List<PeriodMutation> missed = [];
        foreach (var some in mutations.Chunk(MutationsAtOnce))
            missed.AddRange(await MissedAsync(connection, token.Id, some));

        missed.RemoveAll(CannotBeFound);
        Assert.True(missed.Count == 0, string.Join('\n', missed));
        Assert.Empty(Problems(await VerifyAsync(token.Id)));
    }

    /// <summary>
    /// A rule is one of the terms, which operators may change in SQL, so the rows say nothing of it. If Redis has another one
    /// of the same version, one of the two was changed by hand since the terms were last read.
    /// </summary>
    [SuiteFact]
    public async Task A_rule_that_was_changed_in_one_of_the_stores_is_found()
    {
        var token = await NewPeriodBooksAsync();
        await App.ConsumeAsync(token);
        await App.DrainAsync();
        await using var connection = await App.Sql.OpenAsync(default);
        foreach (string? rule in new[] { null, "day 1 999999 - UTC 0" })
        {
            string was = (await connection.ExecuteScalarAsync<string>("SELECT period_rule FROM access_tokens WHERE access_token = @Id", token))!;
            await connection.ExecuteAsync("UPDATE access_tokens SET period_rule = @rule WHERE access_token = @Id", new { rule, token.Id });
            Assert.Equal(["live"], Problems(await VerifyAsync(token.Id)));
            await connection.ExecuteAsync("UPDATE access_tokens SET period_rule = @was WHERE access_token = @Id", new { was, token.Id });
        }

        Assert.Empty(Problems(await VerifyAsync(token.Id)));
    }

    [SuiteFact]
    public async Task Each_changed_field_of_a_period_in_Redis_is_found()
    {
        var token = await NewPeriodBooksAsync();
        await App.ConsumeAsync(token);
        await App.DrainAsync();
        Assert.Empty(Problems(await VerifyAsync(token.Id)));
        string hash = $"token:{token.Id}";
        List<string> missed = [];
        foreach (string field in new[] { "period", "due", "rule" })
        {
            string was = (await App.Redis.HashGetAsync(hash, field))!;
            foreach (string? value in Changed(was).Append(null))
            {
                _ = value is null ? await App.Redis.HashDeleteAsync(hash, field) : await App.Redis.HashSetAsync(hash, field, value);
                if (!Problems(await VerifyAsync(token.Id)).Any())
                    missed.Add($"{field} {was} -> {value}");
            }

            await App.Redis.HashSetAsync(hash, field, was);
        }

        Assert.Empty(missed);
        Assert.Empty(Problems(await VerifyAsync(token.Id)));
    }

    [SuiteFact]
    public async Task A_removed_row_of_a_boundary_is_found()
    {
        await AssertFoundAsync(
            [.. new[] { "expire", "refill" }.SelectMany(action => Enumerable.Range(0, 2).Select(nth => $"{action} {nth}"))],
            async (token, which) =>
            {
                await ForgetInRedisAsync(token);
                await using var connection = await App.Sql.OpenAsync(default);
                long[] ids = [.. await connection.QueryAsync<long>(
                    "SELECT id FROM token_quota_logs WHERE token = @Id AND action = @action ORDER BY epoch, seq", new { token.Id, action = which[..^2] })];
                Assert.Equal(1, await connection.ExecuteAsync("DELETE FROM token_quota_logs WHERE id = @id", new { id = ids[which[^1] - '0'] }));
            },
            NewPeriodBooksAsync);
    }

    /// <summary>A second refill of one boundary whose figures are right in each other column and table.</summary>
    [SuiteFact]
    public async Task A_doubled_refill_is_found_though_all_balances_follow_from_each_other()
    {
        var token = await NewPeriodBooksAsync();
        await ForgetInRedisAsync(token);
        await using var connection = await App.Sql.OpenAsync(default);
        await connection.ExecuteAsync("""
            INSERT INTO token_quota_logs (token, ws_id, email, epoch, seq, quota_before, quota_after, quota_change, action, request_id, created_at,
                                          total_after, effective_at, period, period_state)
            SELECT t.access_token, t.ws_id, t.email, t.synced_epoch, t.synced_seq + 1, t.remaining_quota, t.remaining_quota + r.quota_change, r.quota_change,
                   r.action, r.request_id, r.created_at, t.remaining_quota + r.quota_change, r.effective_at, r.period, r.period_state
            FROM access_tokens AS t JOIN token_quota_logs AS r ON r.token = t.access_token AND r.action = 'refill' AND r.period = 1
            WHERE t.access_token = @Id
            """, token);
        await connection.ExecuteAsync("""
            UPDATE access_tokens SET synced_seq = synced_seq + 1,
                remaining_quota = (SELECT quota_after FROM token_quota_logs WHERE token = @Id ORDER BY epoch DESC, seq DESC LIMIT 1),
                total_quota = (SELECT quota_after FROM token_quota_logs WHERE token = @Id ORDER BY epoch DESC, seq DESC LIMIT 1)
            WHERE access_token = @Id
            """, token);

        Assert.All(Problems(await VerifyAsync(token.Id)), problem => Assert.Equal("period", problem));
        Assert.NotEmpty(Problems(await VerifyAsync(token.Id)));
    }

    /// <summary>
    /// True for what the rows say once. When the first period of a token began: only its end matters to later rows, and SQL
    /// knows no calendar. And when in it an admin began periods: like created_at that says when somebody asked.
    /// </summary>
    private static bool CannotBeFound(PeriodMutation mutation) => mutation switch
    {
        { Action: "init", Column: "period_state", Was: string was, Value: string value } when was.StartsWith("1:", StringComparison.Ordinal) =>
            was.Split(':').Index().All(part => part.Index == 1 || part.Item == value.Split(':')[part.Index]),
        { Action: "refill", Column: "effective_at", Was: DateTime was, Value: DateTime value } =>
            was != PeriodicTokens.ThisYear && (value - was).Duration() <= TimeSpan.FromDays(1),
        _ => false,
    };

    private static async Task<IReadOnlyList<PeriodMutation>> MutationsAsync(
        DbConnection connection, string table, string row, string column, string action, string token)
    {
        string read = $"SELECT {column} FROM {table} WHERE {row}";
        object? was = column == "effective_at"
            ? await connection.ExecuteScalarAsync<DateTime?>(read, new { token })
            : await connection.ExecuteScalarAsync<string?>(read, new { token });
        return [.. Values(column, was).Select(value => new PeriodMutation($"UPDATE {table} SET {column} = @value WHERE {row}", action, column, was, value))];
    }

    /// <summary>Makes each change to a copy of the token, in SQL alone, and lists the changes that were not found.</summary>
    private async Task<IEnumerable<PeriodMutation>> MissedAsync(DbConnection connection, string token, IReadOnlyList<PeriodMutation> mutations)
    {
        string logColumns = string.Join(", ", (await ColumnsAsync("token_quota_logs")).Except(["id", "token"]));
        string tokenColumns = string.Join(", ", (await ColumnsAsync("access_tokens")).Except(["id", "access_token", "remaining_band", "remaining_percent"]));
        string[] copies = [.. mutations.Select((_, n) => $"{token}_{n:D4}")];
        await using (var transaction = await connection.BeginTransactionAsync())
        {
            foreach (var (copy, mutation) in copies.Zip(mutations))
            {
                await connection.ExecuteAsync($"""
                    INSERT INTO token_quota_logs (token, {logColumns}) SELECT @copy, {logColumns} FROM token_quota_logs WHERE token = @token;
                    INSERT INTO access_tokens (access_token, {tokenColumns}) SELECT @copy, {tokenColumns} FROM access_tokens WHERE access_token = @token;
                    """, new { copy, token }, transaction);
                int changed = mutation.Value is DateTime time
                    ? await connection.ExecuteAsync(mutation.Statement, new { token = copy, value = time }, transaction)
                    : await connection.ExecuteAsync(mutation.Statement, new { token = copy, value = (string?)mutation.Value }, transaction);
                Assert.Equal(1, changed);
            }

            await transaction.CommitAsync();
        }

        var findings = await App.Services.GetRequiredService<ILedgerCheckStore>().CheckAsync(copies[0], copies[^1], default);
        Assert.True(findings.Problems.Count < LedgerFindings.MostProblems, "There are more problems than are listed.");
        await connection.ExecuteAsync("DELETE FROM token_quota_logs WHERE token IN @copies", new { copies });
        await connection.ExecuteAsync("DELETE FROM access_tokens WHERE access_token IN @copies", new { copies });
        var found = findings.Problems.Select(problem => problem.TokenId).ToHashSet();
        return copies.Zip(mutations).Where(pair => !found.Contains(pair.First)).Select(pair => pair.Second);
    }

    private static IEnumerable<object?> Values(string column, object? was) => (column, was) switch
    {
        ("action", _) => Actions.Where(action => action != (string?)was),
        ("effective_at", DateTime time) => [time.AddMilliseconds(1), time.AddDays(-1), time.AddYears(1), null],
        ("effective_at", _) => [PeriodicTokens.ThisYear],
        ("period_state", null) => ["4:1735689600000:1767225600000:10:0"],
        (_, null) => ["0", "1"],
        ("quota_before" or "quota_after" or "quota_change", string text) => Changed(text),
        (_, string text) => [.. Changed(text), null],
        _ => [],
    };

    /// <summary>A text with each of its numbers one higher and one lower, one at a time.</summary>
    private static IEnumerable<string> Changed(string text)
    {
        char separator = text.Contains(':', StringComparison.Ordinal) ? ':' : ' ';
        string[] parts = text.Split(separator);
        for (int i = 0; i < parts.Length; i++)
        {
            if (!long.TryParse(parts[i], CultureInfo.InvariantCulture, out long number))
                continue;
            foreach (long other in new[] { number + 1, number - 1 })
                yield return string.Join(separator, parts.Select((part, n) => n == i ? other.ToString(CultureInfo.InvariantCulture) : part));
        }
    }

    /// <summary>Redis must not be the one that finds it: it is not checked for a token that it does not hold.</summary>
    private Task<long> ForgetInRedisAsync(TestToken token) => App.Redis.KeyDeleteAsync([$"quota:{token.Id}", $"token:{token.Id}"]);

    /// <summary>A token with two boundaries behind it, each way in which a period is changed, and a call that comes back to a period that is over.</summary>
    private async Task<TestToken> NewPeriodBooksAsync()
    {
        var rule = PeriodicTokens.Yearly with { CarryOver = 2 };
        var ended = new PeriodState(1, PeriodicTokens.ThisYear.AddYears(-1), PeriodicTokens.ThisYear, rule.Amount, Bought: 0);
        var (stored, full) = await PeriodicTokens.StoreAsync(
            App.Services.GetRequiredService<ITokenStore>(), App.Services.GetRequiredService<TokenCodec>(), rule, ended, left: rule.Amount);
        var token = new TestToken(full, stored.TokenId);
        await App.ConsumeAsync(token, 3);
        await ChangeAsync(token, "add", 4);
        await ChangeAsync(token, new { period = new { amount = 14 } });
        await ChangeAsync(token, new { period = new { amount = 12 } });
        var ledger = App.Services.GetRequiredService<QuotaLedger>();
        var call = (await ledger.AdmitAsync(App.Services.GetRequiredService<TokenCodec>().Read(full)!, 2, "earlier")).Call!;
        Assert.True(await ledger.RefundAsync(call with { PeriodTime = ended.StartsAt }));
        await ChangeAsync(token, "set", 9);
        await ChangeAsync(token, "reset", 20);
        await App.ConsumeAsync(token, 4);
        await ChangeAsync(token, new { period = (object?)null });
        await ChangeAsync(token, new { period = new { unit = "year", amount = 6 } });
        await App.ConsumeAsync(token);
        await App.DrainAsync();
        Assert.Empty(Problems(await VerifyAsync(token.Id)));
        return token;
    }

    private async Task ChangeAsync(TestToken token, object change)
    {
        var changed = await App.AdminAsync(HttpMethod.Put, $"/flow/tokens/{token.Id}", change);
        Assert.True(changed.Status == 200, changed.Body.ToString());
    }

    /// <summary>A change of one column of one row.</summary>
    private sealed record PeriodMutation(string Statement, string Action, string Column, object? Was, object? Value);
}
