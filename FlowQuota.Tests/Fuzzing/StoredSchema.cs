using Dapper;
using FlowQuota.Sql;
using MySqlConnector;

namespace FlowQuota.Tests.Fuzzing;

/// <summary>Reads the content of a database: tables, columns, and how many rows.</summary>
internal static class StoredSchema
{
    private static readonly string[] Tables = ["access_tokens", "token_quota_logs", "quota_dead_letters"];

    /// <summary>Every table with its columns, as text.</summary>
    public static async Task<string> ReadAsync(SqlDialect sql)
    {
        await using var connection = await sql.OpenAsync(default);
        return string.Join('\n', await connection.QueryAsync<string>(connection is MySqlConnection
            ? "SELECT CONCAT(table_name, '.', column_name, ' ', column_type) FROM information_schema.columns WHERE table_schema = DATABASE() ORDER BY 1"
            : "SELECT name || ' ' || sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY 1"));
    }

    /// <summary>The numbers of tokens, log rows and dead letters.</summary>
    public static async Task<(long Tokens, long Records, long DeadLetters)> CountAsync(SqlDialect sql)
    {
        await using var connection = await sql.OpenAsync(default);
        var counts = new List<long>();
        foreach (string table in Tables)
            counts.Add(await connection.ExecuteScalarAsync<long>($"SELECT COUNT(*) FROM {table}"));
        return (counts[0], counts[1], counts[2]);
    }
}
