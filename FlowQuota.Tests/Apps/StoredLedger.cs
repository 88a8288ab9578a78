using System.Data.Common;
using Dapper;
using FlowQuota.Sql;
using Xunit;

namespace FlowQuota.Tests.Apps;

/// <summary>Reads the rows of a token from SQL with the tests' own queries, and checks invariants 2 and 3 on them.</summary>
public static class StoredLedger
{
    /// <summary>The log rows of a token, oldest change first.</summary>
    public static async Task<IReadOnlyList<StoredChange>> ReadAsync(SqlDialect sql, string tokenId)
    {
        await using var connection = await sql.OpenAsync(default);
        return await ReadAsync(connection, tokenId);
    }

    /// <summary>The log rows of a token, oldest change first.</summary>
    public static async Task<IReadOnlyList<StoredChange>> ReadAsync(DbConnection connection, string tokenId)
    {
        UtcDateTimeHandler.Register();
        return
        [
            .. await connection.QueryAsync<StoredChange>("""
                SELECT epoch AS Epoch, seq AS Seq, quota_before AS `Before`, quota_after AS `After`, quota_change AS `Change`,
                       action AS Action, request_id AS RequestId, execution_success AS Success,
                       execution_error_type AS ErrorType, execution_error_message AS ErrorMessage, total_after AS TotalAfter,
                       effective_at AS EffectiveAt, period AS Period, period_state AS PeriodState, created_at AS CreatedAt
                FROM token_quota_logs
                WHERE token = @tokenId
                ORDER BY epoch, seq, id
                """, new { tokenId }),
        ];
    }

    public static async Task<StoredQuota> ReadQuotaAsync(SqlDialect sql, string tokenId)
    {
        await using var connection = await sql.OpenAsync(default);
        return await connection.QuerySingleAsync<StoredQuota>("""
            SELECT remaining_quota AS Remaining, total_quota AS Total, synced_epoch AS SyncedEpoch, synced_seq AS SyncedSeq,
                   quota_epoch AS QuotaEpoch, period_state AS PeriodState
            FROM access_tokens
            WHERE access_token = @tokenId
            """, new { tokenId });
    }

    /// <summary>
    /// Checks: one row a change, numbered 1, 2, 3 ... within its epoch; each starts with the balance of the one before, over
    /// epochs too.
    /// </summary>
    public static void AssertWhole(IReadOnlyList<StoredChange> changes)
    {
        foreach (var epoch in changes.GroupBy(change => change.Epoch))
            Assert.Equal(Enumerable.Range(1, epoch.Count()).Select(seq => (long)seq), epoch.Select(change => change.Seq));

        int remaining = 0;
        foreach (var change in changes)
        {
            Assert.True((change.Before ?? 0) == remaining, $"The chain breaks: {remaining} were left, then came {change}");
            Assert.True((change.After ?? 0) == remaining + change.Change, $"The change does not add up: {change}");
            Assert.True(change.After is null or >= 0, $"Less than nothing is left: {change}");
            remaining = change.After ?? 0;
        }
    }

    /// <summary>Reads a token's rows and checks them.</summary>
    public static async Task<IReadOnlyList<StoredChange>> ReadWholeAsync(SqlDialect sql, string tokenId)
    {
        var changes = await ReadAsync(sql, tokenId);
        AssertWhole(changes);
        return changes;
    }
}
