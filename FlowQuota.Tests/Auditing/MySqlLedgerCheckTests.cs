using Dapper;
using FlowQuota.Ledger;
using FlowQuota.Tests.Servers;
using FlowQuota.Tests.Storage;
using MySqlConnector;
using Xunit;

namespace FlowQuota.Tests.Auditing;

[NeedsServer(TestServers.MySqlVariable)]
public sealed class MySqlLedgerCheckTests(MySqlFixture sql) : LedgerCheckSuite(sql), IClassFixture<MySqlFixture>
{
    // SQLite's unique key does not contain the time, so it cannot hold two rows of one position.
    [SuiteFact]
    public async Task Two_records_of_one_position_are_told_and_do_not_look_like_a_gap()
    {
        string token = await NewTokenAsync();
        await LogAsync(token, 1, 2, 10, 9);
        await LogAsync(token, 1, 2, 10, 9, createdAt: Samples.Noon.AddDays(2));
        await LogAsync(token, 1, 3, 9, 8);
        await SyncAsync(token, 1, 3, 8);
        Assert.Equal(["duplicate (1, 2)"], await FindAsync(token));
    }

    [SuiteFact]
    public async Task The_file_runs_as_it_is_and_then_looks_at_every_token()
    {
        string first = await NewTokenAsync();
        string second = await NewTokenAsync();
        await LogAsync(first, 1, 3, 10, 9);
        await LogAsync(second, 1, 3, 10, 9);
        await using var connection = new MySqlConnection($"{sql.ConnectionString};Allow User Variables=true");
        using var stream = typeof(LedgerProblem).Assembly.GetManifestResourceStream("FlowQuota.Statements.verify_ledger.sql")!;
        using var reader = new StreamReader(stream);
        string text = await reader.ReadToEndAsync();
        var all = (await connection.QueryAsync<(string? Token, long? Epoch, long? Seq, string Problem)>(text)).ToList();
        Assert.Contains((first, 1, 3, "gap"), all);
        Assert.Contains((second, 1, 3, "gap"), all);
        var one = await connection.QueryAsync<(string? Token, long? Epoch, long? Seq, string Problem)>(
            $"SET @first_token = '{first}', @last_token = '{first}'; {text}");
        Assert.Equal([(first, 1, 3, "gap"), (first, 1, 3, "unsynced")], one);
    }
}
