using System.Data;
using System.Data.Common;
using System.Text;
using FlowQuota.Ledger;

namespace FlowQuota.Sql;

/// <summary>The statement that inserts a number of log rows, or fills in stored ones. Reusable; not thread-safe.</summary>
/// <remarks>
/// Measured with 500 rows into MariaDB 10.11, CPU per row in the server / the client: prepared 7.3 / 3.5 µs, the same as text
/// 12 / 4 µs, JSON_TABLE 15 / 2.5 µs. Leaving out ON DUPLICATE KEY saves nothing; leaving out the columns of an outcome saves
/// 0.6 / 0.4 µs. A bulk copy needs LOAD DATA LOCAL, which MySQL has off by default.
/// </remarks>
internal sealed class QuotaLogInsertCommand : IDisposable
{
    // A parameter keeps its type whatever its value, because MySQL prepares a statement again if a type changes.
    private static readonly (string Name, DbType Type)[] ChangeColumns =
    [
        ("token", DbType.String), ("epoch", DbType.Int32), ("seq", DbType.Int64), ("ws_id", DbType.String), ("email", DbType.String),
        ("quota_before", DbType.Int32), ("quota_after", DbType.Int32), ("quota_change", DbType.Int32), ("action", DbType.String),
        ("request_id", DbType.String), ("created_at", DbType.DateTime),
    ];

    private static readonly (string Name, DbType Type)[] OutcomeColumns =
    [
        .. ChangeColumns,
        ("execution_success", DbType.Boolean), ("execution_error_type", DbType.String), ("execution_error_message", DbType.String),
    ];

    private static readonly (string Name, DbType Type)[] AllColumns =
    [
        .. OutcomeColumns,
        ("total_after", DbType.Int32), ("effective_at", DbType.DateTime), ("period", DbType.Int32), ("period_state", DbType.String),
        ("reservation_id", DbType.String), ("idempotency_key", DbType.String), ("meter", DbType.String),
    ];

    private static readonly (string Name, DbType Type)[][] ColumnSets = [ChangeColumns, OutcomeColumns, AllColumns];

    private static readonly object True = true;
    private static readonly object False = false;

    private readonly LogColumns _columns;
    private readonly DbCommand _command;
    private readonly DbParameter[] _parameters;

    /// <param name="dialect">The server.</param>
    /// <param name="rows">How many rows it inserts, 1 or more.</param>
    /// <param name="needed">The columns that any of the rows needs; see <see cref="Needs"/>.</param>
    public QuotaLogInsertCommand(SqlDialect dialect, int rows, LogColumns needed)
    {
        var columns = ColumnSets[(int)needed];
        _columns = needed;
        _command = dialect.CreateCommand();
        _command.CommandText = Text(dialect, rows, columns);
        _parameters = new DbParameter[rows * columns.Length];
        for (int i = 0; i < _parameters.Length; i++)
        {
            _parameters[i] = dialect.AddParameter(_command, DBNull.Value);
            _parameters[i].DbType = columns[i % columns.Length].Type;
        }
    }

    /// <summary>The columns that an entry needs.</summary>
    public static LogColumns Needs(QuotaLogEntry entry)
    {
        if (entry.TotalAfter is not null || entry.EffectiveAt is not null || entry.ReservationId is not null || entry.IdempotencyKey is not null
            || entry.Meter is not null)
        {
            return LogColumns.All;
        }

        return entry.ExecutionSuccess is not null || entry.ExecutionErrorType is not null || entry.ExecutionErrorMessage is not null
            ? LogColumns.Outcome
            : LogColumns.Change;
    }

    /// <summary>Inserts exactly as many entries as this command has rows.</summary>
    /// <param name="transaction">The transaction, on the connection to use.</param>
    /// <param name="entries">The rows.</param>
    /// <param name="prepare">Prepares the statement on the connection, if it is not; null = it is run as text.</param>
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

    /// <summary>Detaches the command from its connection.</summary>
    public void Detach()
    {
        _command.Transaction = null;
        _command.Connection = null;
    }

    /// <inheritdoc/>
    public void Dispose() => _command.Dispose();

    private static string Text(SqlDialect dialect, int rows, (string Name, DbType Type)[] columns)
    {
        string names = string.Join(", ", columns.Select(column => column.Name));
        string[] parts = dialect.Text(SqlStatement.InsertLogRows).Replace("/* columns */", names, StringComparison.Ordinal).Split("/* rows */");
        return dialect.AppendRows(new StringBuilder(parts[0]), rows, columns.Length).Append(parts[1]).ToString();
    }

    /// <summary>Sets the values.</summary>
    internal void Bind(ReadOnlySpan<QuotaLogEntry> entries)
    {
        int next = 0;
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
            Set(next++, SqlEnums.Of(entry.Action));
            Set(next++, entry.RequestId);
            SetTime(next++, entry.CreatedAt);
            if (_columns == LogColumns.Change) continue;

            Set(next++, entry.ExecutionSuccess switch { true => True, false => False, null => null });
            Set(next++, entry.ExecutionErrorType);
            Set(next++, entry.ExecutionErrorMessage);
            if (_columns == LogColumns.Outcome) continue;

            Set(next++, entry.TotalAfter);
            SetTime(next++, entry.EffectiveAt);
            Set(next++, entry.Period);
            Set(next++, entry.PeriodState?.ToText());
            Set(next++, entry.ReservationId);
            Set(next++, entry.IdempotencyKey);
            Set(next++, entry.Meter);
        }
    }

    private void SetTime(int index, DateTime? time)
    {
        if (time is { } value)
            UtcDateTimeHandler.Instance.SetValue(_parameters[index], value);
        else
            _parameters[index].Value = DBNull.Value;
    }

    private void Set(int index, object? value) => _parameters[index].Value = value ?? DBNull.Value;
}
