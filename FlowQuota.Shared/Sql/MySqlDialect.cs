using System.Data;
using System.Data.Common;
using System.Net.Sockets;
using System.Security.Authentication;
using Dapper;
using FlowQuota.Errors;
using MySqlConnector;

namespace FlowQuota.Sql;

/// <summary>MySQL 8.0 and later, MariaDB 10.11 and later.</summary>
public sealed class MySqlDialect : SqlDialect
{
    private readonly MySqlDataSource _pool;
    private readonly MySqlDataSource _unpooled;
    private readonly PreparedConnectionPool _kept;

    /// <param name="connectionString">
    /// A MySqlConnector connection string; must name a database. Time-outs that it does not set are set short, so that an
    /// outage is noticed within seconds.
    /// </param>
    /// <exception cref="SettingException">The text is no connection string, or names no database.</exception>
    public MySqlDialect(string connectionString)
        : base("MySql")
    {
        var settings = ReadConnection(connectionString);
        settings.DateTimeKind = MySqlDateTimeKind.Utc;
        settings.UseAffectedRows = false;
        if (!settings.ContainsKey("Connection Timeout")) settings.ConnectionTimeout = 2;
        if (!settings.ContainsKey("Default Command Timeout")) settings.DefaultCommandTimeout = 10;
        if (!settings.ContainsKey("Keepalive")) settings.Keepalive = 30;
        // The pool closes idle connections before the server does.
        if (!settings.ContainsKey("Connection Idle Timeout")) settings.ConnectionIdleTimeout = 30;
        _pool = new MySqlDataSource(settings.ConnectionString);

        // The connection that holds a named lock must end its session when it is closed, and not return it to the pool.
        settings.Pooling = false;
        // Migrations run on these connections.
        settings.AllowUserVariables = true;
        _unpooled = new MySqlDataSource(settings.ConnectionString);
        _kept = new PreparedConnectionPool(token => OpenAsync(_unpooled, token));
    }

    /// <summary>The allowed values of <c>MYSQL_CONNECTION</c>.</summary>
    internal const string AllowedConnection = "a MySQL connection string such as Server=localhost;Database=flowquota;User ID=flowquota;Password=...";

    /// <summary>Reads <c>MYSQL_CONNECTION</c>, or another setting of the same kind.</summary>
    /// <exception cref="SettingException">The value cannot be read, or names no database.</exception>
    internal static MySqlConnectionStringBuilder ReadConnection(string connectionString, string setting = "MYSQL_CONNECTION")
    {
        try
        {
            var settings = new MySqlConnectionStringBuilder(connectionString);
            return string.IsNullOrEmpty(settings.Database)
                ? throw new SettingException(setting, "without a database", AllowedConnection)
                : settings;
        }
        catch (Exception e) when (e is ArgumentException or FormatException or InvalidCastException or OverflowException)
        {
            // Not repeated: the string may hold a password.
            throw new SettingException(setting, "not readable", AllowedConnection);
        }
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (!disposing) return;
        _kept.Dispose();
        _pool.Dispose();
        _unpooled.Dispose();
    }

    internal override ILogPartitions LogPartitions { get; } = new MySqlLogPartitions();

    internal override bool InsertsManyRowsAtOnce => true;

    // A statement of 500 rows has up to 7,500 parameters; the limit is 65,535. The rest of a batch is cheaper as text than as
    // one more round trip.
    internal override IReadOnlyList<int> PreparedInsertSizes { get; } = [500, 100, 20];

    internal override bool HasNamedParameters => false;

    // Positional parameters take the client half the time of named ones for a batch of log rows.
    internal override string Placeholder(int index) => "?";

    internal override Task<DbConnection> OpenAsync(CancellationToken cancellationToken) => OpenAsync(_pool, cancellationToken);

    internal override string UseIndex(string name) => $"FORCE INDEX ({name})";

    internal override ValueTask<DbTransaction> BeginSnapshotAsync(DbConnection connection, CancellationToken cancellationToken) =>
        connection.BeginTransactionAsync(IsolationLevel.RepeatableRead, cancellationToken);

    internal override DbCommand CreateCommand() => new MySqlCommand();

    internal override async Task PrepareAsync(DbCommand command, CancellationToken cancellationToken)
    {
        try
        {
            await command.PrepareAsync(cancellationToken);
        }
        catch (MySqlException error) when (error.ErrorCode == MySqlErrorCode.MaxPreparedStatementCountReached)
        {
            // The driver runs a statement as text if it is not prepared.
        }
    }

    private protected override async Task<T> UseKeptAsync<T>(
        Func<DbConnection, CancellationToken, Task<T>> work, CancellationToken cancellationToken)
    {
        var connection = await _kept.TakeAsync(cancellationToken);
        bool isSound = false;
        try
        {
            var result = await work(connection, cancellationToken);
            isSound = true;
            return result;
        }
        catch (Exception exception) when (Classify(exception) is SqlFailure.ContentRefused or SqlFailure.RolledBack)
        {
            // The server refused the values; the connection is good.
            isSound = true;
            throw;
        }
        finally
        {
            if (isSound)
            {
                _kept.Keep(connection);
            }
            else
            {
                await connection.DisposeAsync();
                _kept.Clear();
            }
        }
    }

    internal override Task<IDisposable> EnterWriterAsync(CancellationToken cancellationToken) => Task.FromResult(NoTurn.Instance);

    internal override async Task<SqlNamedLock?> TryLockAsync(string name, TimeSpan wait, CancellationToken cancellationToken)
    {
        var connection = await OpenAsync(_unpooled, cancellationToken);
        bool isLocked = false;
        try
        {
            isLocked = await OnceAsync(token => TryLockAsync(connection, name, wait, token), cancellationToken);
        }
        finally
        {
            if (!isLocked) await connection.DisposeAsync();
        }

        return isLocked ? new SqlNamedLock(connection, file: null) : null;
    }

    /// <summary>Takes one more named lock on a connection; the lock ends with the connection.</summary>
    internal static async Task<bool> TryLockAsync(DbConnection connection, string name, TimeSpan wait, CancellationToken cancellationToken)
    {
        // Not in a file, because only this server has named locks. Lock names
        // belong to the server, not to the database, and have at most 64 characters.
        const string sql = "SELECT GET_LOCK(CONCAT('flowquota:', @name, ':', LEFT(SHA1(DATABASE()), 16)), @seconds)";
        int seconds = (int)wait.TotalSeconds;
        return await connection.ExecuteScalarAsync<int?>(new CommandDefinition(
            sql, new { name, seconds }, commandTimeout: seconds + 10, cancellationToken: cancellationToken)) == 1;
    }

    internal override SqlFailure Classify(Exception exception) => exception switch
    {
        MySqlException { ErrorCode: MySqlErrorCode.LockDeadlock or MySqlErrorCode.LockWaitTimeout or MySqlErrorCode.NeedRePrepare } => SqlFailure.RolledBack,
        MySqlException { ErrorCode: MySqlErrorCode.DuplicateKeyEntry } => SqlFailure.DuplicateKey,
        MySqlException { ErrorCode: MySqlErrorCode.NoSuchTable or MySqlErrorCode.BadFieldError or MySqlErrorCode.UnknownDatabase } => SqlFailure.SchemaMissing,
        MySqlException error when IsNotAllowed(error) => SqlFailure.NotAllowed,
        MySqlException error when IsContentRefused(error) => SqlFailure.ContentRefused,
        MySqlException error when IsUnavailable(error) => SqlFailure.Unavailable,
        MySqlException error when IsConnectionLost(error) => SqlFailure.ConnectionLost,
        TimeoutException => SqlFailure.Unavailable,
        // The driver's exceptions if a transaction is begun on a connection that the server has closed.
        IOException or SocketException => SqlFailure.ConnectionLost,
        _ => SqlFailure.Unexpected,
    };

    /// <inheritdoc/>
    private protected override string? Explain(Exception exception) => exception switch
    {
        MySqlException error when IsAccountRefused(error) => "refuses the account: correct the user or the password in MYSQL_CONNECTION",
        MySqlException { ErrorCode: MySqlErrorCode.HostNotPrivileged or MySqlErrorCode.HostIsBlocked } =>
            "takes no connection from this machine: let its account connect from here, or run FLUSH HOSTS",
        MySqlException error when IsReadOnly(error) => "is read-only: is it a replica?",
        MySqlException { ErrorCode: MySqlErrorCode.DiskFull or MySqlErrorCode.RecordFileFull or MySqlErrorCode.LockTableFull } => "has no room left",
        MySqlException { ErrorCode: MySqlErrorCode.ConnectionCountError or MySqlErrorCode.TooManyUserConnections or MySqlErrorCode.UserLimitReached } =>
            "has too many connections: raise max_connections, or lower Maximum Pool Size in MYSQL_CONNECTION",
        // The driver has no error code for it.
        MySqlException { ErrorCode: MySqlErrorCode.UnableToConnectToHost } error when error.Message.Contains("pooled connections are in use", StringComparison.Ordinal) =>
            "is used by more calls than this instance has connections: raise Maximum Pool Size in MYSQL_CONNECTION",
        MySqlException { ErrorCode: MySqlErrorCode.CommandTimeoutExpired or MySqlErrorCode.QueryTimeout } or TimeoutException => "does not answer in time",
        AuthenticationException => "has a certificate that is not trusted: see SSL Mode and SSL CA in MYSQL_CONNECTION",
        _ => null,
    };

    private static bool IsAccountRefused(MySqlException error) =>
        error.ErrorCode is MySqlErrorCode.AccessDenied
        || error.Number is NoPassword or PasswordExpired or PasswordExpiredAtLogin or AccountLockedMySql or AccountLockedMariaDb;

    private static bool IsReadOnly(MySqlException error) =>
        error.ErrorCode is MySqlErrorCode.OptionPreventsStatement || error.Number is ReadOnlyMode;

    private static bool IsNotAllowed(MySqlException error) => error.ErrorCode is
        MySqlErrorCode.TableAccessDenied or MySqlErrorCode.ColumnAccessDenied or MySqlErrorCode.DatabaseAccessDenied;

    // 22xxx is SQL's class of data exceptions; the others are those for which the servers have no class.
    private static bool IsContentRefused(MySqlException error) =>
        error.SqlState?.StartsWith("22", StringComparison.Ordinal) == true
        || error.ErrorCode is MySqlErrorCode.TruncatedWrongValueForField or MySqlErrorCode.WarningDataTruncated
            or MySqlErrorCode.WarningDataOutOfRange or MySqlErrorCode.ColumnCannotBeNull
        || error.Number is CheckViolatedMySql or CheckViolatedMariaDb;

    private static bool IsUnavailable(MySqlException error) =>
        error.ErrorCode is MySqlErrorCode.CommandTimeoutExpired or MySqlErrorCode.UnableToConnectToHost
            or MySqlErrorCode.ConnectionCountError or MySqlErrorCode.TooManyUserConnections or MySqlErrorCode.UserLimitReached
            or MySqlErrorCode.QueryInterrupted or MySqlErrorCode.QueryTimeout or MySqlErrorCode.OptionPreventsStatement
            or MySqlErrorCode.DiskFull or MySqlErrorCode.RecordFileFull or MySqlErrorCode.LockTableFull
        || error.Number is ReadOnlyMode or StatementTimeoutMariaDb;

    // Errors that the driver detects have no number of the server.
    private static bool IsConnectionLost(MySqlException error) =>
        error.ErrorCode is MySqlErrorCode.ServerShutdown or MySqlErrorCode.NewAbortingConnection or MySqlErrorCode.AbortingConnection
        || error.Number is 0 or ConnectionKilledMariaDb or ClientInteractionTimeoutMySql;

    // Error numbers that MySqlErrorCode does not name.
    private const int ReadOnlyMode = 1836;
    private const int CheckViolatedMySql = 3819;
    private const int CheckViolatedMariaDb = 4025;
    private const int StatementTimeoutMariaDb = 1969;
    private const int ConnectionKilledMariaDb = 1927;
    private const int ClientInteractionTimeoutMySql = 4031;
    private const int NoPassword = 1698;
    private const int PasswordExpired = 1820;
    private const int PasswordExpiredAtLogin = 1862;
    private const int AccountLockedMySql = 3118;
    private const int AccountLockedMariaDb = 4151;

    private async Task<DbConnection> OpenAsync(MySqlDataSource source, CancellationToken cancellationToken)
    {
        MySqlConnection? connection = null;
        bool isReady = false;
        try
        {
            connection = await source.OpenConnectionAsync(cancellationToken);
            await connection.ExecuteAsync(Command(SqlStatement.OpenSession, null, cancellationToken));
            isReady = true;
            return connection;
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            throw NotOpened(exception);
        }
        finally
        {
            if (!isReady && connection is not null) await connection.DisposeAsync();
        }
    }

    /// <summary>The server itself orders writers.</summary>
    private sealed class NoTurn : IDisposable
    {
        public static readonly IDisposable Instance = new NoTurn();

        public void Dispose()
        {
        }
    }
}
