using System.Data.Common;
using Dapper;
using Microsoft.Data.Sqlite;

namespace FlowQuota.Storage.Sql;

/// <summary>SQLite, for one machine; the embedded default.</summary>
internal sealed class SqliteDialect(string path) : SqlDialect
{
    // WAL: readers and the writer do not wait for each other. FULL and not NORMAL: what was committed leaves the outbox in
    // Redis for ever, so it must outlast a power cut; a commit holds hundreds of rows, so its fsync costs next to nothing.
    private const string SessionSettings = """
        PRAGMA busy_timeout = 5000;
        PRAGMA journal_mode = WAL;
        PRAGMA synchronous = FULL;
        """;

    private readonly string _connectionString = new SqliteConnectionStringBuilder
    {
        DataSource = path,
        ForeignKeys = false,
        DefaultTimeout = 10,
    }.ConnectionString;

    // SQLite has one writer at a time; waiting here is fair and blocks no thread, waiting there polls.
    private readonly SemaphoreSlim _writer = new(1, 1);

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (!disposing) return;
        using var connection = new SqliteConnection(_connectionString);
        SqliteConnection.ClearPool(connection);
        _writer.Dispose();
    }

    internal override string MigrationsPrefix => "FlowQuota.Migrations.Sqlite.";

    // A transaction is begun IMMEDIATE here: it has the whole database to itself.
    internal override string ForUpdate => "";

    internal override string OnDuplicateDeadLetter => "ON CONFLICT (payload_hash) DO NOTHING";

    internal override string OnDuplicateLogRow => """
        ON CONFLICT (token, epoch, seq) DO UPDATE SET
            execution_error_type = COALESCE(execution_error_type, excluded.execution_error_type),
            execution_error_message = COALESCE(execution_error_message, excluded.execution_error_message),
            execution_success = COALESCE(execution_success, excluded.execution_success)
        WHERE request_id = excluded.request_id AND action = excluded.action
        """;

    internal override string SelectNewestPositions => """
        SELECT k.value ->> 'token' AS token, k.value ->> 'epoch' AS epoch,
            (SELECT MAX(l.seq)
             FROM token_quota_logs AS l
             WHERE l.token = k.value ->> 'token' AND l.epoch = k.value ->> 'epoch') AS seq
        FROM json_each(@Keys) AS k
        """;

    // Without partitions the unique key alone decides, whenever the stored row was made.
    internal override string SelectStoredChanges => """
        SELECT l.token, l.epoch, l.seq, l.request_id AS RequestId, l.action, l.created_at AS CreatedAt
        FROM json_each(@Keys) AS k
        CROSS JOIN token_quota_logs AS l
            ON l.token = k.value ->> 'token' AND l.epoch = k.value ->> 'epoch' AND l.seq = k.value ->> 'seq'
        """;

    internal override string UpdateQuotas => """
        UPDATE access_tokens
        SET remaining_quota = q.value ->> 'remaining',
            total_quota = q.value ->> 'total',
            quota_synced_at = @Now,
            synced_epoch = q.value ->> 'epoch',
            synced_seq = q.value ->> 'seq'
        FROM json_each(@Quotas) AS q
        WHERE access_token = q.value ->> 'token'
          AND (synced_epoch, synced_seq) < (q.value ->> 'epoch', q.value ->> 'seq')
        """;

    internal override string DeleteExpiredLogRows => """
        DELETE FROM token_quota_logs
        WHERE id IN (SELECT id FROM token_quota_logs WHERE created_at < @Cutoff ORDER BY created_at LIMIT @Limit)
        """;

    internal override string CountSecretHashColumns => "SELECT SUM(name = 'secret_hash') FROM pragma_table_info('access_tokens')";

    internal override ILogPartitions? LogPartitions => null;

    // No network to save on, and a parameter's name is looked for from the start of the list: 500 rows at once are ten times
    // slower.
    internal override bool InsertsManyRowsAtOnce => false;

    internal override IReadOnlyList<int> PreparedInsertSizes { get; } = [1];

    internal override bool HasNamedParameters => true;

    internal override string Placeholder(int index) => $"@{index}";

    internal override DbCommand CreateCommand() => new SqliteCommand();

    internal override async Task<DbConnection> OpenAsync(CancellationToken cancellationToken)
    {
        var connection = new SqliteConnection(_connectionString);
        try
        {
            await connection.OpenAsync(cancellationToken);
            await connection.ExecuteAsync(new CommandDefinition(SessionSettings, cancellationToken: cancellationToken));
            return connection;
        }
        catch (Exception exception)
        {
            await connection.DisposeAsync();
            if (exception is SqliteException) throw NotOpened(exception);
            throw;
        }
    }

    internal override async Task<IDisposable> EnterWriterAsync(CancellationToken cancellationToken)
    {
        await _writer.WaitAsync(cancellationToken);
        return new Turn(_writer);
    }

    // The operating system drops a file's lock with the process that holds it, which no row in the database can promise.
    internal override async Task<SqlNamedLock?> TryLockAsync(string name, TimeSpan wait, CancellationToken cancellationToken)
    {
        var patience = TimeProvider.System.GetTimestamp();
        while (true)
        {
            if (await TryLockFileAsync(name, cancellationToken) is { } held) return held;
            if (TimeProvider.System.GetElapsedTime(patience) >= wait) return null;
            await Task.Delay(TimeSpan.FromMilliseconds(50), cancellationToken);
        }
    }

    internal override SqlFailure Classify(Exception exception) => exception switch
    {
        SqliteException { SqliteExtendedErrorCode: ConstraintUnique or ConstraintPrimaryKey } => SqlFailure.DuplicateKey,
        SqliteException { SqliteErrorCode: Constraint or TooBig or Mismatch } => SqlFailure.ContentRefused,
        SqliteException { SqliteErrorCode: Busy or Locked } => SqlFailure.RolledBack,
        SqliteException { SqliteErrorCode: ReadOnly or IoError or Full or CannotOpen or Corrupt or NoDatabase } => SqlFailure.Unavailable,
        SqliteException { SqliteErrorCode: Error } error when MissingObjects.Any(words => error.Message.Contains(words, StringComparison.Ordinal)) => SqlFailure.SchemaMissing,
        _ => SqlFailure.Unexpected,
    };

    /// <inheritdoc/>
    private protected override string? Explain(Exception exception) => exception switch
    {
        SqliteException { SqliteErrorCode: ReadOnly } => "has a file that may not be written",
        SqliteException { SqliteErrorCode: Full } => "has no room left on its disk",
        SqliteException { SqliteErrorCode: Corrupt or NoDatabase } => "has a damaged file: restore it from a backup",
        SqliteException or IOException or UnauthorizedAccessException => "has a file that cannot be opened, read or written",
        _ => null,
    };

    // SQLite has one code for all mistakes of a statement.
    private static readonly string[] MissingObjects = ["no such table", "no such column", "has no column named"];

    private async Task<SqlNamedLock?> TryLockFileAsync(string name, CancellationToken cancellationToken)
    {
        var lockFile = $"{path}.{name}.lock";
        var connection = await OpenAsync(cancellationToken);
        try
        {
            return new SqlNamedLock(connection, new FileStream(lockFile, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            await connection.DisposeAsync();

            // A file that is there and does not open is open elsewhere; there is no error code of its own for it.
            if (exception is IOException && File.Exists(lockFile)) return null;
            throw NotOpened(exception);
        }
    }

    // Result codes of SQLite, https://sqlite.org/rescode.html; the driver has no names for them.
    private const int Error = 1;
    private const int Busy = 5;
    private const int Locked = 6;
    private const int ReadOnly = 8;
    private const int IoError = 10;
    private const int Corrupt = 11;
    private const int Full = 13;
    private const int CannotOpen = 14;
    private const int TooBig = 18;
    private const int Constraint = 19;
    private const int Mismatch = 20;
    private const int NoDatabase = 26;
    private const int ConstraintPrimaryKey = 1555;
    private const int ConstraintUnique = 2067;

    private sealed class Turn(SemaphoreSlim writer) : IDisposable
    {
        public void Dispose() => writer.Release();
    }
}
