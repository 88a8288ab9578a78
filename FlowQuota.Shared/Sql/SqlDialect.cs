using System.Data;
using System.Data.Common;
using System.Text;
using Dapper;
using FlowQuota.Errors;
using Polly;
using Polly.Retry;

namespace FlowQuota.Sql;

/// <summary>
/// The differences between SQL servers: connecting, locking, the meaning of errors. The statements are in <c>.sql</c>
/// files, see <see cref="SqlStatement"/>; the stores share everything else.
/// </summary>
public abstract class SqlDialect : IDisposable
{
    // In the order in which they run: the first finds out whether the schema is there at all.
    private static readonly SqlStatement[] Probes =
        [SqlStatement.ProbeColumns, SqlStatement.ProbeUpdate, SqlStatement.ProbeInsert, SqlStatement.ProbeDelete];

    /// <summary>How long a statement of a report may take, in seconds, while its caller waits.</summary>
    internal const int ReportSeconds = 60;

    private readonly ResiliencePipeline _retryRolledBack = Retry(SqlFailure.RolledBack);
    private readonly ResiliencePipeline _retryAll = Retry(SqlFailure.RolledBack, SqlFailure.ConnectionLost);

    private readonly SqlStatements _statements;

    /// <param name="name">The folder of the server's own migrations and statements.</param>
    private protected SqlDialect(string name)
    {
        UtcDateTimeHandler.Register();
        TextHandlers.Register();
        _statements = new SqlStatements(name);
        MigrationsPrefix = $"FlowQuota.Migrations.{name}.";
    }

    /// <summary>
    /// Tests all that the stores need: reads every column of this version and writes, without touching a row.
    /// </summary>
    /// <exception cref="StoreUnavailableException">
    /// The test failed; <see cref="StoreUnavailableException.Reason"/> says why.
    /// </exception>
    public Task ProbeAsync(CancellationToken cancellationToken) =>
        WriteAsync(
            async (transaction, token) =>
            {
                foreach (var statement in Probes)
                    await transaction.Connection!.ExecuteAsync(Command(statement, null, transaction, token));
                return true;
            },
            repeatable: true,
            cancellationToken);

    /// <summary>Closes the idle connections.</summary>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Closes the idle connections.</summary>
    /// <param name="disposing">True if <see cref="Dispose()"/> was called.</param>
    protected abstract void Dispose(bool disposing);

    /// <summary>What the names of the server's migrations begin with among the embedded resources.</summary>
    internal string MigrationsPrefix { get; }

    /// <summary>The text of a statement as this server takes it.</summary>
    internal string Text(SqlStatement statement) => _statements[statement];

    /// <summary>The text of a statement with optional conditions.</summary>
    /// <param name="statement">A statement whose file has the marker <c>/* where */</c>.</param>
    /// <param name="conditions">Those that a row must meet; empty = every row is meant.</param>
    internal string Text(SqlStatement statement, IReadOnlyList<string> conditions) =>
        Text(statement).Replace(
            "/* where */", conditions.Count == 0 ? "" : $"WHERE {string.Join(" AND ", conditions)}", StringComparison.Ordinal);

    /// <summary>A statement with its values, outside a transaction.</summary>
    /// <param name="statement">The statement.</param>
    /// <param name="values">An object with a property for each parameter; null = it has none.</param>
    /// <param name="cancellationToken">Cancels the statement.</param>
    internal CommandDefinition Command(SqlStatement statement, object? values, CancellationToken cancellationToken) =>
        new(Text(statement), values, cancellationToken: cancellationToken);

    /// <summary>A statement with its values, inside a transaction.</summary>
    /// <inheritdoc cref="Command(SqlStatement, object?, CancellationToken)"/>
    internal CommandDefinition Command(SqlStatement statement, object? values, DbTransaction transaction, CancellationToken cancellationToken) =>
        new(Text(statement), values, transaction, cancellationToken: cancellationToken);

    /// <summary>A statement of a report, with its values.</summary>
    /// <inheritdoc cref="Command(SqlStatement, object?, CancellationToken)"/>
    internal CommandDefinition ReportCommand(SqlStatement statement, object? values, CancellationToken cancellationToken) =>
        new(Text(statement), values, commandTimeout: ReportSeconds, cancellationToken: cancellationToken);

    /// <summary>The daily partitions of <c>token_quota_logs</c>; null if the server has no partitions.</summary>
    internal abstract ILogPartitions? LogPartitions { get; }

    /// <summary>Whether one INSERT of many rows is faster than the same INSERT of one row, many times.</summary>
    internal abstract bool InsertsManyRowsAtOnce { get; }

    /// <summary>The row counts of the INSERT statements that are prepared once and reused, largest first.</summary>
    internal abstract IReadOnlyList<int> PreparedInsertSizes { get; }

    /// <summary>Whether <see cref="Placeholder"/> is also the name of its parameter.</summary>
    internal abstract bool HasNamedParameters { get; }

    /// <summary>The placeholder of parameter <paramref name="index"/> in a statement that is built row by row.</summary>
    internal abstract string Placeholder(int index);

    /// <summary>Appends the placeholders of rows, row by row.</summary>
    internal StringBuilder AppendRows(StringBuilder sql, int rows, int columns)
    {
        for (int row = 0; row < rows; row++)
        {
            sql.Append(row == 0 ? "(" : ",\n(");
            for (int column = 0; column < columns; column++)
                sql.Append(column == 0 ? "" : ",").Append(Placeholder((row * columns) + column));
            sql.Append(')');
        }

        return sql;
    }

    /// <summary>Adds the value of the next placeholder to a command.</summary>
    internal void AddParameter(IDbCommand command, object? value) => AddParameter((DbCommand)command, value);

    /// <summary>Adds the value of the next placeholder.</summary>
    internal DbParameter AddParameter(DbCommand command, object? value)
    {
        var parameter = command.CreateParameter();
        if (HasNamedParameters) parameter.ParameterName = Placeholder(command.Parameters.Count);
        if (value is DateTime time)
            UtcDateTimeHandler.Instance.SetValue(parameter, time);
        else
            parameter.Value = value ?? DBNull.Value;
        command.Parameters.Add(parameter);
        return parameter;
    }

    /// <summary>What stands behind a table's name so that its rows are read by an index.</summary>
    internal abstract string UseIndex(string name);

    /// <summary>Begins a transaction that reads one state of the tables and blocks no writer.</summary>
    internal abstract ValueTask<DbTransaction> BeginSnapshotAsync(DbConnection connection, CancellationToken cancellationToken);

    /// <summary>Makes a command without a connection.</summary>
    internal abstract DbCommand CreateCommand();

    /// <summary>
    /// Prepares a command on its connection, unless it is prepared. If the server allows no more prepared statements, it stays
    /// text.
    /// </summary>
    internal virtual Task PrepareAsync(DbCommand command, CancellationToken cancellationToken) => command.PrepareAsync(cancellationToken);

    /// <summary>Opens a connection with our session settings.</summary>
    /// <exception cref="StoreUnavailableException">It cannot be opened, for any reason.</exception>
    internal abstract Task<DbConnection> OpenAsync(CancellationToken cancellationToken);

    /// <summary>Works on a kept connection with its prepared statements, if the server gains by it.</summary>
    private protected virtual async Task<T> UseKeptAsync<T>(
        Func<DbConnection, CancellationToken, Task<T>> work, CancellationToken cancellationToken)
    {
        await using var connection = await OpenAsync(cancellationToken);
        return await work(connection, cancellationToken);
    }

    /// <summary>Waits for this process's turn to write; disposing ends the turn.</summary>
    internal abstract Task<IDisposable> EnterWriterAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Takes a lock that one instance holds at a time, over all processes that use this database. Null if another holds it
    /// for longer than <paramref name="wait"/>. The lock of a process that dies is released.
    /// </summary>
    internal abstract Task<SqlNamedLock?> TryLockAsync(string name, TimeSpan wait, CancellationToken cancellationToken);

    /// <summary>Returns the meaning of an exception.</summary>
    internal abstract SqlFailure Classify(Exception exception);

    /// <summary>
    /// Returns why SQL cannot serve, in words for an operator; null = it cannot be reached, for an unknown reason.
    /// </summary>
    /// <param name="exception">The driver's exception, which <see cref="Classify"/> takes for an unavailable server.</param>
    private protected abstract string? Explain(Exception exception);

    /// <summary>Wraps the exception of a connection that could not be opened.</summary>
    private protected SqlUnavailableException NotOpened(Exception exception) =>
        NotDone(Classify(exception) is (SqlFailure.SchemaMissing or SqlFailure.NotAllowed) and var failure ? failure : SqlFailure.Unavailable, exception);

    /// <summary>Runs a query; repeats it a few times if a connection was lost or a lock could not be taken.</summary>
    /// <exception cref="StoreUnavailableException">SQL cannot be reached, did not answer in time, or is not set up for it.</exception>
    internal Task<T> ReadAsync<T>(Func<DbConnection, CancellationToken, Task<T>> query, CancellationToken cancellationToken) =>
        RunAsync(
            _retryAll,
            async token =>
            {
                await using var connection = await OpenAsync(token);
                return await query(connection, token);
            },
            cancellationToken);

    /// <summary>Runs a change in a transaction of its own and commits it.</summary>
    /// <param name="change">The change; may run several times, each time from the beginning.</param>
    /// <param name="repeatable">
    /// Whether repeating the change is harmless. If so, it is also repeated if it is not known whether it was committed.
    /// </param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <exception cref="StoreUnavailableException">SQL cannot be reached or did not answer in time.</exception>
    internal Task<T> WriteAsync<T>(
        Func<DbTransaction, CancellationToken, Task<T>> change, bool repeatable, CancellationToken cancellationToken) =>
        RunAsync(
            repeatable ? _retryAll : _retryRolledBack,
            async token =>
            {
                using var turn = await EnterWriterAsync(token);
                await using var connection = await OpenAsync(token);
                return await CommitAsync(connection, change, token);
            },
            cancellationToken);

    /// <summary>
    /// Like <see cref="WriteAsync"/>, repeatable, on a connection that stays open for the next of these, with the
    /// statements that were prepared on it.
    /// </summary>
    internal Task<T> WritePreparedAsync<T>(
        Func<DbTransaction, CancellationToken, Task<T>> change, CancellationToken cancellationToken) =>
        RunAsync(
            _retryAll,
            async token =>
            {
                using var turn = await EnterWriterAsync(token);
                return await UseKeptAsync((connection, ct) => CommitAsync(connection, change, ct), token);
            },
            cancellationToken);

    /// <summary>Like <see cref="WriteAsync"/>, on a connection that the caller holds; it is never opened again.</summary>
    internal Task<T> WriteOnAsync<T>(
        DbConnection connection, Func<DbTransaction, CancellationToken, Task<T>> change, CancellationToken cancellationToken) =>
        RunAsync(
            _retryRolledBack,
            async token =>
            {
                using var turn = await EnterWriterAsync(token);
                return await CommitAsync(connection, change, token);
            },
            cancellationToken);

    /// <summary>Runs an action once, and translates its failures to <see cref="StoreUnavailableException"/>.</summary>
    internal Task<T> OnceAsync<T>(Func<CancellationToken, Task<T>> work, CancellationToken cancellationToken) =>
        RunAsync(ResiliencePipeline.Empty, work, cancellationToken);

    private static async Task<T> CommitAsync<T>(
        DbConnection connection, Func<DbTransaction, CancellationToken, Task<T>> change, CancellationToken cancellationToken)
    {
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        var result = await change(transaction, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return result;
    }

    private async Task<T> RunAsync<T>(
        ResiliencePipeline pipeline, Func<CancellationToken, Task<T>> work, CancellationToken cancellationToken)
    {
        try
        {
            return await pipeline.ExecuteAsync(
                static async (state, token) => await state.RunClassifiedAsync(token),
                new Attempt<T>(this, work),
                cancellationToken);
        }
        catch (SqlFailedException failed) when (failed.Failure is not (SqlFailure.ContentRefused or SqlFailure.DuplicateKey))
        {
            throw NotDone(failed.Failure, failed.InnerException!);
        }
    }

    private SqlUnavailableException NotDone(SqlFailure failure, Exception exception) => new(failure, Explain(failure, exception), exception);

    private string Explain(SqlFailure failure, Exception exception)
    {
        switch (failure)
        {
            case SqlFailure.SchemaMissing:
                return "has no schema, or an older one than this version needs: run infra/sql/init.sql, or start once with DATABASE_MIGRATE=true";
            case SqlFailure.NotAllowed:
                return "refuses the account what it needs: grant it SELECT, INSERT, UPDATE and DELETE on the database";
            case SqlFailure.RolledBack:
                return "cannot take a lock that others hold: look for long transactions";
        }

        for (var cause = exception; cause is not null; cause = cause.InnerException)
            if (Explain(cause) is { } reason) return reason;
        return "cannot be reached";
    }

    // Evolve wraps the driver's exception.
    private SqlFailure ClassifyWithCauses(Exception exception)
    {
        for (var cause = exception; cause is not null; cause = cause.InnerException)
            if (Classify(cause) is not SqlFailure.Unexpected and var failure) return failure;
        return SqlFailure.Unexpected;
    }

    private static ResiliencePipeline Retry(params SqlFailure[] failures) =>
        new ResiliencePipelineBuilder()
            .AddRetry(new RetryStrategyOptions
            {
                ShouldHandle = arguments => ValueTask.FromResult(
                    arguments.Outcome.Exception is SqlFailedException failed && failures.Contains(failed.Failure)),
                MaxRetryAttempts = 4,
                BackoffType = DelayBackoffType.Exponential,
                Delay = TimeSpan.FromMilliseconds(30),
                UseJitter = true,
            })
            .Build();

    private sealed record Attempt<T>(SqlDialect Dialect, Func<CancellationToken, Task<T>> Work)
    {
        public async Task<T> RunClassifiedAsync(CancellationToken cancellationToken)
        {
            try
            {
                return await Work(cancellationToken);
            }
            catch (Exception exception) when (
                exception is not StoreUnavailableException && Dialect.ClassifyWithCauses(exception) is not SqlFailure.Unexpected and var failure)
            {
                throw new SqlFailedException(failure, exception);
            }
        }
    }
}
