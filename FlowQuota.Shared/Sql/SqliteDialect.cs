using System.Data.Common;
using Dapper;
using Microsoft.Data.Sqlite;

namespace FlowQuota.Sql;

/// <summary>SQLite; the embedded default of one machine.</summary>
/// <param name="path">The file, which is created if it does not exist; its folder must exist.</param>
public sealed class SqliteDialect(string path) : SqlDialect("Sqlite")
{
    private readonly string _connectionString = new SqliteConnectionStringBuilder
    {
        DataSource = path,
        ForeignKeys = false,
        DefaultTimeout = 10,
    }.ConnectionString;

    // SQLite has one writer at a time. Waiting here is fair and blocks no thread; waiting in SQLite polls.
    private readonly SemaphoreSlim _writer = new(1, 1);

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (!disposing) return;
        using var connection = new SqliteConnection(_connectionString);
        SqliteConnection.ClearPool(connection);
        _writer.Dispose();
    }

    internal override ILogPartitions? LogPartitions => null;

    // There is no network to save on, and SQLite searches a parameter's name from the start of the list: 500 rows at once are
    // ten times slower.
    internal override bool InsertsManyRowsAtOnce => false;

    internal override IReadOnlyList<int> PreparedInsertSizes { get; } = [1];

    internal override bool HasNamedParameters => true;

    internal override string Placeholder(int index) => $"@{index}";

    internal override string UseIndex(string name) => $"INDEXED BY {name}";

    internal override ValueTask<DbTransaction> BeginSnapshotAsync(DbConnection connection, CancellationToken cancellationToken) =>
        ValueTask.FromResult<DbTransaction>(BeginDeferred((SqliteConnection)connection));

    // Not deferred, it would be the one writer.
    private static SqliteTransaction BeginDeferred(SqliteConnection connection) => connection.BeginTransaction(deferred: true);

    internal override DbCommand CreateCommand() => new SqliteCommand();

    internal override async Task<DbConnection> OpenAsync(CancellationToken cancellationToken)
    {
        var connection = new SqliteConnection(_connectionString);
        try
        {
            await connection.OpenAsync(cancellationToken);
            await connection.ExecuteAsync(Command(SqlStatement.OpenSession, null, cancellationToken));
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

    // The operating system releases a file's lock when its process ends; a row in the database would stay.
    internal override async Task<SqlNamedLock?> TryLockAsync(string name, TimeSpan wait, CancellationToken cancellationToken)
    {
        long patience = TimeProvider.System.GetTimestamp();
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
        string lockFile = $"{path}.{name}.lock";
        var connection = await OpenAsync(cancellationToken);
        try
        {
            return new SqlNamedLock(connection, new FileStream(lockFile, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            await connection.DisposeAsync();

            // A file that exists and cannot be opened is open elsewhere; there is no error code for that.
            if (exception is IOException && File.Exists(lockFile)) return null;
            throw NotOpened(exception);
        }
    }

    // Result codes of SQLite, https://sqlite.org/rescode.html; the driver does not name them.
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
