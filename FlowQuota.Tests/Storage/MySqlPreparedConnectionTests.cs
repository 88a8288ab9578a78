using FlowQuota.Sql;
using FlowQuota.Tests.Servers;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace FlowQuota.Tests.Storage;

/// <summary>Faults of the drains' connections, and of the statements prepared on them, between two batches lose no row.</summary>
[Collection(ServerSettingCollection.Name)]
public sealed class MySqlPreparedConnectionTests(MySqlFixture sql) : IClassFixture<MySqlFixture>
{
    private readonly SqlQuotaLogStore _store = new(sql.Dialect, TimeProvider.System, NullLogger<SqlQuotaLogStore>.Instance);
    private readonly string _token = Samples.NewTokenId();

    [ServerFact(MySql = true)]
    public async Task Batches_of_every_size_end_as_one_row_a_change()
    {
        int[] sizes = [1, 19, 20, 21, 99, 100, 119, 120, 499, 500, 501, 637, 1000];
        long seq = 0;
        foreach (int size in sizes)
            Assert.Equal(0, await _store.WriteAsync([.. Enumerable.Range(0, size).Select(_ => Samples.NewEntry(_token, ++seq))], default));

        var rows = await sql.QueryAsync<(long, string)>(
            "SELECT seq, request_id FROM token_quota_logs WHERE token = @token ORDER BY seq", new { token = _token });
        Assert.Equal(Enumerable.Range(1, sizes.Sum()).Select(i => ((long)i, $"{_token}.1.{i}")), rows);
    }

    [ServerFact(MySql = true)]
    public async Task A_connection_that_was_lost_between_batches_is_replaced()
    {
        await WriteAsync(from: 1, count: 520);
        int killed = await KillOthersAsync();
        await WriteAsync(from: 521, count: 520);

        Assert.NotEqual(0, killed);
        await AssertRowsAsync(1040);
    }

    [ServerFact(MySql = true)]
    public async Task A_table_that_was_altered_between_batches_is_written_on()
    {
        await WriteAsync(from: 1, count: 520);
        await sql.ExecuteAsync("ALTER TABLE token_quota_logs ADD COLUMN added_by_a_later_version INT NULL");
        await WriteAsync(from: 521, count: 520);

        await AssertRowsAsync(1040);
    }

    [ServerFact(MySql = true)]
    public async Task A_server_that_prepares_no_more_statements_gets_them_as_text()
    {
        long limit = Assert.Single(await sql.QueryAsync<long>("SELECT @@GLOBAL.max_prepared_stmt_count"));
        await sql.ExecuteAsync("SET GLOBAL max_prepared_stmt_count = 0");
        try
        {
            await KillOthersAsync();
            await WriteAsync(from: 1, count: 520);
        }
        finally
        {
            await sql.ExecuteAsync($"SET GLOBAL max_prepared_stmt_count = {limit}");
        }

        await AssertRowsAsync(520);
    }

    [ServerFact(MySql = true)]
    public async Task Refused_values_leave_the_connection_in_use()
    {
        await WriteAsync(from: 1, count: 20);
        var before = await ReadSessionsAsync();

        var entries = Enumerable.Range(21, 500).Select(seq => Samples.NewEntry(_token, seq)).ToArray();
        entries[250] = entries[250] with { Email = new string('x', 256) };
        Assert.Equal(1, await _store.WriteAsync(entries, default));

        Assert.Equal(before, await ReadSessionsAsync());
        await AssertRowsAsync(519);
    }

    private Task<int> WriteAsync(int from, int count) =>
        _store.WriteAsync([.. Enumerable.Range(from, count).Select(seq => Samples.NewEntry(_token, seq))], default);

    private async Task AssertRowsAsync(long count) => Assert.Equal(
        (count, count),
        Assert.Single(await sql.QueryAsync<(long, long)>(
            "SELECT COUNT(*), COUNT(DISTINCT seq) FROM token_quota_logs WHERE token = @token", new { token = _token })));

    /// <summary>Ends every session of this test's database but its own.</summary>
    private async Task<int> KillOthersAsync()
    {
        var ids = await ReadSessionsAsync();
        foreach (long id in ids)
            await sql.ExecuteAsync($"KILL {id}");
        return ids.Count;
    }

    /// <summary>The sessions of this test's database but its own; a new one has a new id.</summary>
    private Task<IReadOnlyList<long>> ReadSessionsAsync() => sql.QueryAsync<long>(
        "SELECT ID FROM information_schema.PROCESSLIST WHERE DB = DATABASE() AND ID <> CONNECTION_ID() ORDER BY ID");
}
