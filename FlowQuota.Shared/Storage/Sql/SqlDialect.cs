using System.Data;
using System.Data.Common;
using System.Text;
using Dapper;
using Polly;
using Polly.Retry;

namespace FlowQuota.Storage.Sql;

/// <summary>
/// A SQL server and what is its own: connecting, locking, what its errors mean, and the few statements that cannot be
/// the same text for every server. The stores share everything else.
/// </summary>
public abstract class SqlDialect : IDisposable
{
    private readonly ResiliencePipeline _retryRolledBack = Retry(SqlFailure.RolledBack);
    private readonly ResiliencePipeline _retryAll = Retry(SqlFailure.RolledBack, SqlFailure.ConnectionLost);

    private protected SqlDialect() => UtcDateTimeHandler.Register();

    /// <summary>MySQL 8.0 or later, or MariaDB 10.11 or later.</summary>
    /// <param name="connectionString">
    /// As MySqlConnector takes it; must name a database. Time-outs that it does not set are set short, so that an outage
    /// is seen within seconds.
    /// </param>
    /// <exception cref="Settings.SettingException">The text is no connection string, or names no database.</exception>
    public static SqlDialect ForMySql(string connectionString) => new MySqlDialect(connectionString);

    /// <summary>A SQLite file, made where there is none; for one machine.</summary>
    /// <param name="path">The file; its folder must exist.</param>
    public static SqlDialect ForSqlite(string path) => new SqliteDialect(path);

    /// <summary>Tries what the stores need: reads every column of this version, and writes, no row of either.</summary>
    /// <exception cref="StoreUnavailableException">It does not work now; <see cref="StoreUnavailableException.Reason"/> says why.</exception>
    public Task ProbeAsync(CancellationToken cancellationToken) =>
        WriteAsync(
            async (transaction, token) =>
            {
                foreach (var statement in SchemaProbe.Statements)
                    await transaction.Connection!.ExecuteAsync(new CommandDefinition(statement, null, transaction, cancellationToken: token));
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
    /// <param name="disposing">True where <see cref="Dispose()"/> was called.</param>
    protected abstract void Dispose(bool disposing);

    /// <summary>Where the migrations of this server are among the embedded resources.</summary>
    internal abstract string MigrationsPrefix { get; }

    /// <summary>Ends a SELECT whose rows the transaction is about to change.</summary>
    internal abstract string ForUpdate { get; }

    /// <summary>Ends an INSERT of a dead letter that may be there already.</summary>
    internal abstract string OnDuplicateDeadLetter { get; }

    /// <summary>
    /// Ends an INSERT of log rows: a row of the same change fills in what is still null in the stored one; a row of
    /// another request or action under the same position leaves it alone.
    /// </summary>
    internal abstract string OnDuplicateLogRow { get; }

    /// <summary>
    /// Reads, for each token and epoch in <c>@Keys</c> (JSON: <c>[{"token","epoch"}, ...]</c>), the newest position stored
    /// of those made between <c>@From</c> and <c>@Until</c>; NULL where there is none.
    /// </summary>
    internal abstract string SelectNewestPositions { get; }

    /// <summary>
    /// Reads the stored rows at the positions in <c>@Keys</c> (JSON: <c>[{"token","epoch","seq"}, ...]</c>) made between
    /// <c>@From</c> and <c>@Until</c>, inclusive.
    /// </summary>
    internal abstract string SelectStoredChanges { get; }

    /// <summary>
    /// Writes the quotas in <c>@Quotas</c> (JSON: <c>[{"token","epoch","seq","remaining","total"}, ...]</c>) with
    /// <c>@Now</c> to the rows that are at an earlier position.
    /// </summary>
    internal abstract string UpdateQuotas { get; }

    /// <summary>Deletes up to <c>@Limit</c> of the oldest log rows made before <c>@Cutoff</c>.</summary>
    internal abstract string DeleteExpiredLogRows { get; }

    /// <summary>
    /// Tells whose <c>access_tokens</c> is there: 1 = ours, 0 = another system's, NULL = there is none.
    /// </summary>
    internal abstract string CountSecretHashColumns { get; }

    /// <summary>The daily partitions of <c>token_quota_logs</c>; null where the server has no partitions.</summary>
    internal abstract ILogPartitions? LogPartitions { get; }

    /// <summary>Whether one INSERT of many rows is faster than the same INSERT of one row, many times.</summary>
    internal abstract bool InsertsManyRowsAtOnce { get; }

    /// <summary>How many log rows the statements have that are prepared once and used again, most first.</summary>
    internal abstract IReadOnlyList<int> PreparedInsertSizes { get; }

    /// <summary>Whether <see cref="Placeholder"/> is also the name of its parameter.</summary>
    internal abstract bool HasNamedParameters { get; }

    /// <summary>The placeholder of parameter <paramref name="index"/> in a statement that is built row by row.</summary>
    internal abstract string Placeholder(int index);

    /// <summary>Appends the placeholders of rows, row by row.</summary>
    internal StringBuilder AppendRows(StringBuilder sql, int rows, int columns)
    {
        for (var row = 0; row < rows; row++)
        {
            sql.Append(row == 0 ? "(" : ",\n(");
            for (var column = 0; column < columns; column++)
                sql.Append(column == 0 ? "" : ",").Append(Placeholder((row * columns) + column));
            sql.Append(')');
        }

        return sql;
    }

    /// <summary>Adds the value of the next placeholder.</summary>
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

    /// <summary>Makes a command that has no connection yet.</summary>
    internal abstract DbCommand CreateCommand();

    /// <summary>Makes a command's statement ready on its connection, unless it is; a server that will not have more of them leaves it as text.</summary>
    internal virtual Task PrepareAsync(DbCommand command, CancellationToken cancellationToken) => command.PrepareAsync(cancellationToken);

    /// <summary>Opens a connection with our session settings.</summary>
    /// <exception cref="StoreUnavailableException">It cannot be opened, for whatever reason.</exception>
    internal abstract Task<DbConnection> OpenAsync(CancellationToken cancellationToken);

    /// <summary>Works on a connection that is kept, with its statements, where the server gains by it.</summary>
    private protected virtual async Task<T> UseKeptAsync<T>(
        Func<DbConnection, CancellationToken, Task<T>> work, CancellationToken cancellationToken)
    {
        await using var connection = await OpenAsync(cancellationToken);
        return await work(connection, cancellationToken);
    }

    /// <summary>Waits for this process's turn to write; disposing ends the turn.</summary>
    internal abstract Task<IDisposable> EnterWriterAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Takes a lock that one instance holds at a time, over all processes that use this database; null where another
    /// has it for longer than <paramref name="wait"/>. A process that dies lets go of it.
    /// </summary>
    internal abstract Task<SqlNamedLock?> TryLockAsync(string name, TimeSpan wait, CancellationToken cancellationToken);

    /// <summary>Says what an exception means.</summary>
    internal abstract SqlFailure Classify(Exception exception);

    /// <summary>Says why SQL cannot serve, in words for an operator; null = no more than that it cannot be reached.</summary>
    /// <param name="exception">The driver's; one that <see cref="Classify"/> takes for a server that cannot serve now.</param>
    private protected abstract string? Explain(Exception exception);

    /// <summary>Wraps an exception for which a connection could not be opened.</summary>
    private protected SqlUnavailableException NotOpened(Exception exception) =>
        NotDone(Classify(exception) is (SqlFailure.SchemaMissing or SqlFailure.NotAllowed) and var failure ? failure : SqlFailure.Unavailable, exception);

    /// <summary>Runs a query; again, a few times, where a connection was lost or a lock could not be had.</summary>
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
    /// <param name="change">The change; may run several times, each time from the start.</param>
    /// <param name="repeatable">
    /// Whether doing the change twice does no harm: then it is done again also where it is not known if it was committed.
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
    internal Task<T> WriteKeptAsync<T>(
        Func<DbTransaction, CancellationToken, Task<T>> change, CancellationToken cancellationToken) =>
        RunAsync(
            _retryAll,
            async token =>
            {
                using var turn = await EnterWriterAsync(token);
                return await UseKeptAsync((connection, ct) => CommitAsync(connection, change, ct), token);
            },
            cancellationToken);

    /// <summary>Like <see cref="WriteAsync"/>, on a connection that the caller holds; it is not opened anew.</summary>
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

    /// <summary>Runs something once, and says <see cref="StoreUnavailableException"/> for the failures that mean it.</summary>
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
                return "does not come to a lock that others hold: look for long transactions";
        }

        for (var cause = exception; cause is not null; cause = cause.InnerException)
            if (Explain(cause) is { } reason) return reason;
        return "cannot be reached";
    }

    // Evolve wraps what the driver says.
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
