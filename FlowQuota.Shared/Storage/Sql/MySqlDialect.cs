using System.Data.Common;
using System.Net.Sockets;
using System.Security.Authentication;
using Dapper;
using FlowQuota.Settings;
using MySqlConnector;

namespace FlowQuota.Storage.Sql;

/// <summary>MySQL 8.0 and later, MariaDB 10.11 and later.</summary>
internal sealed class MySqlDialect : SqlDialect
{
    // Strict, whatever the server's default: a value that does not fit is refused, not cut. Waits are bounded well below
    // the command time-out; lock_wait_timeout (a day or a year by default) is that of ALTER TABLE, behind which everyone
    // else would queue.
    private const string SessionSettings = """
        SET SESSION
            sql_mode = 'STRICT_ALL_TABLES,NO_ZERO_DATE,NO_ZERO_IN_DATE,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION',
            time_zone = '+00:00',
            innodb_lock_wait_timeout = 5,
            lock_wait_timeout = 5,
            wait_timeout = 60
        """;

    private readonly MySqlDataSource _pool;
    private readonly MySqlDataSource _unpooled;
    private readonly KeptConnections _kept;

    public MySqlDialect(string connectionString)
    {
        var settings = ReadConnection(connectionString);
        settings.DateTimeKind = MySqlDateTimeKind.Utc;
        settings.UseAffectedRows = false;
        if (!settings.ContainsKey("Connection Timeout")) settings.ConnectionTimeout = 2;
        if (!settings.ContainsKey("Default Command Timeout")) settings.DefaultCommandTimeout = 10;
        if (!settings.ContainsKey("Keepalive")) settings.Keepalive = 30;
        // The pool lets go of what is idle before the server does.
        if (!settings.ContainsKey("Connection Idle Timeout")) settings.ConnectionIdleTimeout = 30;
        _pool = new MySqlDataSource(settings.ConnectionString);

        // Closing the last connection to hold a named lock must end its session, not return it to the pool.
        settings.Pooling = false;
        // Migrations run on these.
        settings.AllowUserVariables = true;
        _unpooled = new MySqlDataSource(settings.ConnectionString);
        _kept = new KeptConnections(token => OpenAsync(_unpooled, token));
    }

    /// <summary>What <c>MYSQL_CONNECTION</c> may be.</summary>
    internal const string AllowedConnection = "a MySQL connection string such as Server=localhost;Database=flowquota;User ID=flowquota;Password=...";

    /// <summary>Reads <c>MYSQL_CONNECTION</c>, or another setting of its kind.</summary>
    /// <exception cref="SettingException">It cannot be read, or names no database.</exception>
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

    internal override string MigrationsPrefix => "FlowQuota.Migrations.MySql.";

    internal override string ForUpdate => "FOR UPDATE";

    internal override string OnDuplicateDeadLetter => "ON DUPLICATE KEY UPDATE id = id";

    // VALUES() and not a row alias, which MariaDB lacks. The outcome is filled in as a whole, success last, because an
    // assignment sees those before it.
    internal override string OnDuplicateLogRow => """
        ON DUPLICATE KEY UPDATE
            execution_error_type = IF(request_id = VALUES(request_id) AND action = VALUES(action),
                COALESCE(execution_error_type, VALUES(execution_error_type)), execution_error_type),
            execution_error_message = IF(request_id = VALUES(request_id) AND action = VALUES(action),
                COALESCE(execution_error_message, VALUES(execution_error_message)), execution_error_message),
            execution_success = IF(request_id = VALUES(request_id) AND action = VALUES(action),
                COALESCE(execution_success, VALUES(execution_success)), execution_success)
        """;

    // One look at the end of the unique key for each; MAX(seq) could not use it, for the time is to be compared, too.
    internal override string SelectNewestPositions => """
        SELECT k.token, k.epoch,
            (SELECT l.seq
             FROM token_quota_logs AS l
             WHERE l.token = CONVERT(k.token USING ascii) COLLATE ascii_bin AND l.epoch = k.epoch
               AND l.created_at BETWEEN @From AND @Until
             ORDER BY l.seq DESC
             LIMIT 1) AS seq
        FROM JSON_TABLE(@Keys, '$[*]' COLUMNS (
                token VARCHAR(64) PATH '$.token',
                epoch INT PATH '$.epoch')) AS k
        """;

    // The key is converted to the column's character set: the other way round its index could not be used.
    internal override string SelectStoredChanges => """
        SELECT l.token, l.epoch, l.seq, l.request_id AS RequestId, l.action, l.created_at AS CreatedAt
        FROM JSON_TABLE(@Keys, '$[*]' COLUMNS (
                token VARCHAR(64) PATH '$.token',
                epoch INT PATH '$.epoch',
                seq BIGINT PATH '$.seq')) AS k
        STRAIGHT_JOIN token_quota_logs AS l
            ON l.token = CONVERT(k.token USING ascii) COLLATE ascii_bin AND l.epoch = k.epoch AND l.seq = k.seq
        WHERE l.created_at BETWEEN @From AND @Until
        """;

    internal override string UpdateQuotas => """
        UPDATE JSON_TABLE(@Quotas, '$[*]' COLUMNS (
                token VARCHAR(64) PATH '$.token',
                epoch INT PATH '$.epoch',
                seq BIGINT PATH '$.seq',
                remaining INT PATH '$.remaining',
                total INT PATH '$.total')) AS q
        STRAIGHT_JOIN access_tokens AS t
            ON t.access_token = CONVERT(q.token USING ascii) COLLATE ascii_bin
        SET t.remaining_quota = q.remaining,
            t.total_quota = q.total,
            t.quota_synced_at = @Now,
            t.synced_epoch = q.epoch,
            t.synced_seq = q.seq
        WHERE t.synced_epoch < q.epoch OR (t.synced_epoch = q.epoch AND t.synced_seq < q.seq)
        """;

    internal override string DeleteExpiredLogRows => """
        DELETE FROM token_quota_logs WHERE created_at < @Cutoff ORDER BY created_at LIMIT @Limit
        """;

    internal override string CountSecretHashColumns => """
        SELECT SUM(COLUMN_NAME = 'secret_hash') FROM information_schema.COLUMNS
        WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = 'access_tokens'
        """;

    internal override ILogPartitions LogPartitions { get; } = new MySqlLogPartitions();

    internal override bool InsertsManyRowsAtOnce => true;

    // A statement of 500 rows has up to 7,500 parameters, of the 65,535 that there can be. What is left of a batch is soon cheaper as
    // text than as one more round trip.
    internal override IReadOnlyList<int> PreparedInsertSizes { get; } = [500, 100, 20];

    internal override bool HasNamedParameters => false;

    // Positional parameters: half the client's time of named ones for a batch of log rows.
    internal override string Placeholder(int index) => "?";

    internal override Task<DbConnection> OpenAsync(CancellationToken cancellationToken) => OpenAsync(_pool, cancellationToken);

    internal override DbCommand CreateCommand() => new MySqlCommand();

    internal override async Task PrepareAsync(DbCommand command, CancellationToken cancellationToken)
    {
        try
        {
            await command.PrepareAsync(cancellationToken);
        }
        catch (MySqlException error) when (error.ErrorCode == MySqlErrorCode.MaxPreparedStatementCountReached)
        {
            // The driver runs as text what is not prepared.
        }
    }

    private protected override async Task<T> UseKeptAsync<T>(
        Func<DbConnection, CancellationToken, Task<T>> work, CancellationToken cancellationToken)
    {
        var connection = await _kept.TakeAsync(cancellationToken);
        var isSound = false;
        try
        {
            var result = await work(connection, cancellationToken);
            isSound = true;
            return result;
        }
        catch (Exception exception) when (Classify(exception) is SqlFailure.ContentRefused or SqlFailure.RolledBack)
        {
            // The server said no to the values, and nothing is wrong with the connection.
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
        var isLocked = false;
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

    /// <summary>Takes one more named lock on a connection; it ends with the connection.</summary>
    internal static async Task<bool> TryLockAsync(DbConnection connection, string name, TimeSpan wait, CancellationToken cancellationToken)
    {
        // The server's lock names are its own, not the database's, and at most 64 characters.
        const string sql = "SELECT GET_LOCK(CONCAT('flowquota:', @name, ':', LEFT(SHA1(DATABASE()), 16)), @seconds)";
        var seconds = (int)wait.TotalSeconds;
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
        // As the driver says it where a transaction is begun on a connection that the server has closed meanwhile.
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
        // The driver has no code of its own for it.
        MySqlException { ErrorCode: MySqlErrorCode.UnableToConnectToHost } error when error.Message.Contains("pooled connections are in use", StringComparison.Ordinal) =>
            "is asked more than this instance's connections allow: raise Maximum Pool Size in MYSQL_CONNECTION",
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

    // What the driver finds out by itself has no number of the server's.
    private static bool IsConnectionLost(MySqlException error) =>
        error.ErrorCode is MySqlErrorCode.ServerShutdown or MySqlErrorCode.NewAbortingConnection or MySqlErrorCode.AbortingConnection
        || error.Number is 0 or ConnectionKilledMariaDb or ClientInteractionTimeoutMySql;

    // What MySqlErrorCode has no name for.
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
        var isReady = false;
        try
        {
            connection = await source.OpenConnectionAsync(cancellationToken);
            await connection.ExecuteAsync(new CommandDefinition(SessionSettings, cancellationToken: cancellationToken));
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
