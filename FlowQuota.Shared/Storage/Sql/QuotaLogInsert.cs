using System.Data;
using System.Data.Common;
using System.Text;
using FlowQuota.Auditing;

namespace FlowQuota.Storage.Sql;

/// <summary>The statement that inserts a number of log rows, or fills in those that are there. Used again and again, by one at a time.</summary>
/// <remarks>
/// Measured with 500 rows into MariaDB 10.11, CPU a row in the server / the client: prepared 7.3 / 3.5 µs, the same as text
/// 12 / 4 µs, JSON_TABLE 15 / 2.5 µs; without ON DUPLICATE KEY no less; without the columns of an outcome 0.6 / 0.4 µs less.
/// A bulk copy needs LOAD DATA LOCAL, which MySQL has off by default.
/// </remarks>
internal sealed class QuotaLogInsert : IDisposable
{
    // A parameter keeps its type whatever its value, for MySQL prepares again where a type changes.
    private static readonly (string Name, DbType Type)[] ChangeColumns =
    [
        ("token", DbType.String), ("epoch", DbType.Int32), ("seq", DbType.Int64), ("ws_id", DbType.String), ("email", DbType.String),
        ("quota_before", DbType.Int32), ("quota_after", DbType.Int32), ("quota_change", DbType.Int32), ("action", DbType.String),
        ("request_id", DbType.String), ("created_at", DbType.DateTime),
    ];

    private static readonly (string Name, DbType Type)[] AllColumns =
    [
        .. ChangeColumns,
        ("execution_success", DbType.Boolean), ("execution_error_type", DbType.String), ("execution_error_message", DbType.String),
        ("total_after", DbType.Int32),
    ];

    private static readonly object True = true;
    private static readonly object False = false;

    private readonly bool _hasAllColumns;
    private readonly DbCommand _command;
    private readonly DbParameter[] _parameters;

    /// <param name="dialect">The server.</param>
    /// <param name="rows">How many rows it inserts, 1 or more.</param>
    /// <param name="hasAllColumns">Whether any of them has more than a metered call; see <see cref="NeedsAllColumns"/>.</param>
    public QuotaLogInsert(SqlDialect dialect, int rows, bool hasAllColumns)
    {
        var columns = hasAllColumns ? AllColumns : ChangeColumns;
        _hasAllColumns = hasAllColumns;
        _command = dialect.CreateCommand();
        _command.CommandText = Text(dialect, rows, columns);
        _parameters = new DbParameter[rows * columns.Length];
        for (var i = 0; i < _parameters.Length; i++)
        {
            _parameters[i] = dialect.AddParameter(_command, DBNull.Value);
            _parameters[i].DbType = columns[i % columns.Length].Type;
        }
    }

    /// <summary>Whether an entry has the outcome of a call's code, or a total.</summary>
    public static bool NeedsAllColumns(QuotaLogEntry entry) =>
        entry.ExecutionSuccess is not null || entry.ExecutionErrorType is not null || entry.ExecutionErrorMessage is not null
        || entry.TotalAfter is not null;

    /// <summary>Inserts as many entries as this is for.</summary>
    /// <param name="transaction">On whose connection.</param>
    /// <param name="entries">The rows.</param>
    /// <param name="prepare">Makes the statement ready on the connection, where it is not; null = it is run as text.</param>
    /// <param name="cancellationToken">Cancels it.</param>
    public async Task ExecuteAsync(
        DbTransaction transaction, ReadOnlyMemory<QuotaLogEntry> entries, Func<DbCommand, CancellationToken, Task>? prepare, CancellationToken cancellationToken)
    {
        _command.Connection = transaction.Connection;
        _command.Transaction = transaction;
        Bind(entries.Span);
        if (prepare is not null) await prepare(_command, cancellationToken);
        await _command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Lets go of the connection.</summary>
    public void Detach()
    {
        _command.Transaction = null;
        _command.Connection = null;
    }

    /// <inheritdoc/>
    public void Dispose() => _command.Dispose();

    private static string Text(SqlDialect dialect, int rows, (string Name, DbType Type)[] columns)
    {
        var names = string.Join(", ", columns.Select(column => column.Name));
        var sql = new StringBuilder($"INSERT INTO token_quota_logs ({names})\nVALUES\n");
        return dialect.AppendRows(sql, rows, columns.Length).Append('\n').Append(dialect.OnDuplicateLogRow).ToString();
    }

    /// <summary>Sets the values.</summary>
    internal void Bind(ReadOnlySpan<QuotaLogEntry> entries)
    {
        var next = 0;
        foreach (var entry in entries)
        {
            Set(next++, entry.TokenId);
            Set(next++, entry.Position.Epoch);
            Set(next++, entry.Position.Seq);
            Set(next++, entry.WorkspaceId);
            Set(next++, entry.Email);
            Set(next++, entry.QuotaBefore);
            Set(next++, entry.QuotaAfter);
            Set(next++, entry.QuotaChange);
            Set(next++, SqlNames.Of(entry.Action));
            Set(next++, entry.RequestId);
            UtcDateTimeHandler.Instance.SetValue(_parameters[next++], entry.CreatedAt);
            if (!_hasAllColumns) continue;

            Set(next++, entry.ExecutionSuccess switch { true => True, false => False, null => null });
            Set(next++, entry.ExecutionErrorType);
            Set(next++, entry.ExecutionErrorMessage);
            Set(next++, entry.TotalAfter);
        }
    }

    private void Set(int index, object? value) => _parameters[index].Value = value ?? DBNull.Value;
}
