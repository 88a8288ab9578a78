using System.Text.Json;
using Dapper;
using FlowQuota.Tests.Apps;
using FlowQuota.Tests.Contract;
using FlowQuota.Tests.Servers;
using Xunit;

namespace FlowQuota.Tests.Auditing;

/// <summary>
/// <c>GET /flow/quota/verify</c> detects a change of any one field, row or key of a ledger that balances. The changes that
/// it cannot detect are listed here and in docs/guarantees.md; a column that is in neither list fails.
/// </summary>
public abstract partial class BooksMutationSuite(ContractApp shared)
{
    private const int Rows = 8;
    private const int AtOnce = 8;

    // The ledger records how many calls were granted, taken and left; not who called, when, or how the code ended.
    private static readonly string[] DescribingLogColumns =
    [
        "id", "ws_id", "email", "request_id", "execution_success", "execution_error_type", "execution_error_message", "created_at",
        "reservation_id", "idempotency_key", "meter", "actor",
    ];

    // Operators may change terms in SQL.
    private static readonly string[] DescribingTokenColumns =
    [
        "id", "ws_id", "email", "secret_hash", "created_at", "expires_at", "operation_type", "is_active", "rate_limit_per_minute",
        "rate_limit_burst", "rate_limit_window_seconds", "quota_type", "quota_synced_at", "updated_at", "row_version", "period_rule",
        "rotation", "rotated_at", "previous_secret_hash", "previous_valid_until", "name", "tags", "metadata", "remaining_band", "remaining_percent",
    ];

    private static readonly Dictionary<string, string[]> LogMutations = new(StringComparer.Ordinal)
    {
        ["token"] = ["'flow_another'"],
        ["epoch"] = ["epoch + 1"],
        ["seq"] = ["seq + 100"],
        ["quota_before"] = ["COALESCE(quota_before, 0) + 1", "COALESCE(quota_before, 0) - 1"],
        ["quota_after"] = ["COALESCE(quota_after, 0) + 1", "COALESCE(quota_after, 0) - 1"],
        ["quota_change"] = ["quota_change + 1", "quota_change - 1"],
        ["action"] = ["CASE action WHEN 'consume' THEN 'refund' ELSE 'consume' END", "CASE action WHEN 'recharge' THEN 'init' ELSE 'recharge' END"],
        ["total_after"] = ["COALESCE(total_after, 0) + 1", "COALESCE(total_after, 20) - 1"],
    };

    private static readonly Dictionary<string, string[]> TokenMutations = new(StringComparer.Ordinal)
    {
        // The rows still exist, but have no token.
        ["access_token"] = [],
        ["total_quota"] = ["total_quota + 1", "total_quota - 1", "999"],
        ["remaining_quota"] = ["remaining_quota + 1", "remaining_quota - 1", "NULL"],
        ["reserved_quota"] = ["reserved_quota + 1"],
        ["quota_epoch"] = ["0"],
        ["synced_epoch"] = ["synced_epoch + 1", "0"],
        ["period_state"] = ["'1:1764547200000:1796083200000:10:0'"],
        ["synced_seq"] = ["synced_seq + 1", "synced_seq - 1", "0"],
    };

    private TestApp App => shared.App;

    [SuiteFact]
    public async Task Each_changed_field_of_each_row_is_found()
    {
        var mutations = LogMutations
            .SelectMany(column => column.Value.Select(value => $"UPDATE token_quota_logs SET {column.Key} = {value}"))
            .Append("DELETE FROM token_quota_logs")
            .SelectMany(statement => Enumerable.Range(1, Rows).Select(seq => $"{statement} WHERE token = @token AND seq = {seq}"))
            .Concat(TokenMutations.SelectMany(column => column.Value.Select(
                value => $"UPDATE access_tokens SET {column.Key} = {value} WHERE access_token = @token")))
            .ToList();

        await AssertFoundAsync(mutations, async (token, statement) =>
        {
            await using var connection = await App.Sql.OpenAsync(default);
            Assert.Equal(1, await connection.ExecuteAsync(statement, new { token = token.Id }));
            // Redis must not be the one that detects it: it is not checked for a token that it does not hold.
            await App.Redis.KeyDeleteAsync([$"quota:{token.Id}", $"token:{token.Id}"]);
        });
    }

    [SuiteFact]
    public async Task Each_changed_figure_in_Redis_is_found()
    {
        await AssertFoundAsync(["quota +1", "quota -1", "quota 0", "total", "epoch", "seq +1", "seq -1"], async (token, mutation) =>
        {
            string hash = $"token:{token.Id}", quota = $"quota:{token.Id}";
            _ = mutation switch
            {
                "quota +1" => await App.Redis.StringIncrementAsync(quota),
                "quota -1" => await App.Redis.StringDecrementAsync(quota),
                "quota 0" => await App.Redis.StringSetAsync(quota, 0) ? 1 : 0,
                "total" => await App.Redis.HashIncrementAsync(hash, "total", 900),
                "epoch" => await App.Redis.HashIncrementAsync(hash, "epoch"),
                "seq +1" => await App.Redis.HashIncrementAsync(hash, "seq"),
                _ => await App.Redis.HashDecrementAsync(hash, "seq"),
            };
        });
    }

    [SuiteFact]
    public async Task A_total_that_was_changed_in_Redis_is_found_after_the_next_call_wrote_it_to_SQL()
    {
        var token = await App.CreateTokenAsync();
        await App.Redis.HashSetAsync($"token:{token.Id}", "total", 999);
        await App.ConsumeAsync(token);
        await App.DrainAsync();

        Assert.Equal(["total"], Problems(await VerifyAsync(token.Id)));
    }

    [SuiteFact]
    public async Task Every_column_is_guarded_or_known_to_describe_only()
    {
        Assert.Equal(LogMutations.Keys.Union(PeriodColumns).Concat(DescribingLogColumns).Order(), (await ColumnsAsync("token_quota_logs")).Order());
        Assert.Equal(TokenMutations.Keys.Concat(DescribingTokenColumns).Order(), (await ColumnsAsync("access_tokens")).Order());

        var token = await NewBooksAsync();
        // An admin's change is written at once, and again by the drain, which would find another request in its place.
        await App.DrainAsync();
        await using var connection = await App.Sql.OpenAsync(default);
        await connection.ExecuteAsync("UPDATE token_quota_logs SET email = 'b@example.com', request_id = 'another', execution_success = 1 WHERE token = @Id", token);
        Assert.Empty(Problems(await VerifyAsync(token.Id)));
    }

    private async Task AssertFoundAsync(
        IReadOnlyList<string> mutations, Func<TestToken, string, Task> mutate, Func<Task<TestToken>>? newBooks = null)
    {
        newBooks ??= NewBooksAsync;
        List<TestToken> tokens = [];
        foreach (string[] some in mutations.Chunk(AtOnce))
            tokens.AddRange(await Task.WhenAll(some.Select(_ => newBooks())));
        await App.DrainAsync();
        foreach (var token in tokens)
            Assert.Empty(Problems(await VerifyAsync(token.Id)));

        List<string> missed = [];
        foreach (var (token, mutation) in tokens.Zip(mutations))
        {
            await mutate(token, mutation);
            var report = await VerifyAsync(token.Id);
            if (!Problems(report).Any() || report.GetProperty("balanced").ValueKind != JsonValueKind.False)
                missed.Add(mutation);
        }

        Assert.Empty(missed);
    }

    /// <summary>A token whose ledger has <see cref="Rows"/> rows of every kind, with a grant as the last but one.</summary>
    private async Task<TestToken> NewBooksAsync()
    {
        var token = await App.CreateTokenAsync();
        await App.ConsumeAsync(token, 3);
        await ChangeAsync(token, "add", 5);
        await App.ConsumeAsync(token);
        await ChangeAsync(token, "reset", 20);
        await App.ConsumeAsync(token, 4);
        await ChangeAsync(token, "set", 9);
        await App.ConsumeAsync(token, 2);
        return token;
    }

    private Task ChangeAsync(TestToken token, string operation, int amount) =>
        ChangeAsync(token, new { quota_operation = operation, quota_amount = amount });

    private async Task<JsonElement> VerifyAsync(string token)
    {
        var answer = await App.AdminAsync(HttpMethod.Get, $"/flow/quota/verify?token={token}");
        Assert.True(answer.Status == 200, answer.Body.ToString());
        return answer.Data;
    }

    private static IEnumerable<string?> Problems(JsonElement report) =>
        report.GetProperty("problems").EnumerateArray().Select(problem => problem.GetProperty("problem").GetString());

    private async Task<IEnumerable<string>> ColumnsAsync(string table)
    {
        await using var connection = await App.Sql.OpenAsync(default);
        await using var reader = await connection.ExecuteReaderAsync($"SELECT * FROM {table} WHERE 1 = 0");
        return [.. Enumerable.Range(0, reader.FieldCount).Select(reader.GetName)];
    }
}
