using System.Data;
using System.Text;
using Dapper;
using FlowQuota.Auditing;

namespace FlowQuota.Storage.Sql;

/// <summary>The statement that inserts log rows by the hundred; built, not written.</summary>
/// <remarks>
/// Measured with 500 rows into MariaDB 10.11, rows/s: positional parameters 51,000, JSON_TABLE 48,000, named parameters
/// 46,000. A bulk copy needs LOAD DATA LOCAL, which MySQL has off by default.
/// </remarks>
internal sealed class QuotaLogInsert(SqlDialect dialect, IReadOnlyList<QuotaLogEntry> entries) : SqlMapper.IDynamicParameters
{
    private const int ColumnCount = 14;

    /// <summary>The statement that inserts the entries, or fills in the rows that are there.</summary>
    public string Text()
    {
        var sql = new StringBuilder(
            """
            INSERT INTO token_quota_logs (
                token, epoch, seq, ws_id, email, quota_before, quota_after, quota_change, action, request_id,
                execution_success, execution_error_type, execution_error_message, created_at)
            VALUES

            """);
        return dialect.AppendRows(sql, entries.Count, ColumnCount).Append('\n').Append(dialect.OnDuplicateLogRow).ToString();
    }

    /// <inheritdoc/>
    public void AddParameters(IDbCommand command, SqlMapper.Identity identity)
    {
        foreach (var entry in entries)
        {
            dialect.AddParameter(command, entry.TokenId);
            dialect.AddParameter(command, entry.Position.Epoch);
            dialect.AddParameter(command, entry.Position.Seq);
            dialect.AddParameter(command, entry.WorkspaceId);
            dialect.AddParameter(command, entry.Email);
            dialect.AddParameter(command, entry.QuotaBefore);
            dialect.AddParameter(command, entry.QuotaAfter);
            dialect.AddParameter(command, entry.QuotaChange);
            dialect.AddParameter(command, SqlNames.Of(entry.Action));
            dialect.AddParameter(command, entry.RequestId);
            dialect.AddParameter(command, entry.ExecutionSuccess);
            dialect.AddParameter(command, entry.ExecutionErrorType);
            dialect.AddParameter(command, entry.ExecutionErrorMessage);
            dialect.AddParameter(command, entry.CreatedAt);
        }
    }
}
