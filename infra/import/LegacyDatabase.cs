using System.Data.Common;
using System.Globalization;
using System.Runtime.CompilerServices;
using Dapper;
using MySqlConnector;

namespace FlowQuota.Import;

/// <summary>
/// The Go system's two tables, read in one read-only snapshot that does not contain later writes.
/// </summary>
/// <remarks>Every member throws <see cref="MySqlException"/> if the server fails.</remarks>
internal sealed class LegacyDatabase : IAsyncDisposable
{
    public const string TokenTable = "access_tokens";
    public const string LogTable = "token_quota_logs";

    // Counting or reading a large log without an index is slow, but no caller waits for it.
    private const int TimeoutSeconds = 600;

    private static readonly string[] TokenColumns =
    [
        "id", "access_token", "ws_id", "email", "created_at", "expires_at", "operation_type", "is_active", "rate_limit_per_minute",
        "rate_limit_burst", "rate_limit_window_seconds", "quota_type", "total_quota", "remaining_quota", "updated_at",
    ];

    private static readonly string[] LogColumns =
    [
        "id", "token", "ws_id", "email", "quota_before", "quota_after", "quota_change", "action", "request_id",
        "execution_success", "execution_error_type", "execution_error_message", "created_at",
    ];

    private readonly MySqlConnection _connection;
    private readonly LegacyTimes _times;

    // Of type TIMESTAMP, so the value is an instant.
    private readonly HashSet<(string Table, string Column)> _instants = [];

    /// <param name="connectionString">A connection string of MySqlConnector.</param>
    /// <param name="zone">The zone in which the Go system wrote its times.</param>
    public LegacyDatabase(string connectionString, TimeZoneInfo zone)
    {
        _connection = new MySqlConnection(new MySqlConnectionStringBuilder(connectionString)
        {
            Pooling = false,
            TreatTinyAsBoolean = false,
            ConvertZeroDateTime = true,
            DefaultCommandTimeout = TimeoutSeconds,
        }.ConnectionString);
        _times = new LegacyTimes(zone);
    }

    /// <summary>Connects, checks that the tables are the Go system's, and begins the snapshot.</summary>
    /// <exception cref="ImportRefusedException">They are not.</exception>
    public async Task OpenAsync(CancellationToken cancellationToken)
    {
        await _connection.OpenAsync(cancellationToken);
        await CheckTablesAsync(cancellationToken);
        await ExecuteAsync("SET SESSION time_zone = '+00:00'", cancellationToken);
        await ExecuteAsync("SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ", cancellationToken);
        await ExecuteAsync("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY", cancellationToken);
    }

    /// <summary>The number of rows of each table.</summary>
    public async Task<(long Tokens, long LogRows)> CountAsync(CancellationToken cancellationToken) => (
        await _connection.ExecuteScalarAsync<long>(new CommandDefinition($"SELECT COUNT(*) FROM {TokenTable}", cancellationToken: cancellationToken)),
        await _connection.ExecuteScalarAsync<long>(new CommandDefinition($"SELECT COUNT(*) FROM {LogTable}", cancellationToken: cancellationToken)));

    /// <summary>Whether a token's log rows can be found without reading all rows.</summary>
    public async Task<bool> HasLogIndexAsync(CancellationToken cancellationToken)
    {
        const string sql = """
            SELECT COUNT(*) FROM information_schema.STATISTICS
            WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = 'token_quota_logs' AND COLUMN_NAME = 'token' AND SEQ_IN_INDEX = 1
            """;
        return await _connection.ExecuteScalarAsync<long>(new CommandDefinition(sql, cancellationToken: cancellationToken)) > 0;
    }

    /// <summary>Reads the next tokens in the order of their row numbers.</summary>
    public async Task<IReadOnlyList<LegacyToken>> ReadTokensAsync(long afterId, int limit, CancellationToken cancellationToken)
    {
        string sql = $"SELECT {string.Join(", ", TokenColumns)} FROM {TokenTable} WHERE id > @afterId ORDER BY id LIMIT @limit";
        await using var reader = await _connection.ExecuteReaderAsync(
            new CommandDefinition(sql, new { afterId, limit }, cancellationToken: cancellationToken));
        List<LegacyToken> tokens = new(limit);
        while (await reader.ReadAsync(cancellationToken))
        {
            tokens.Add(new LegacyToken
            {
                Id = Number(reader, 0) ?? 0,
                Token = Text(reader, 1),
                WorkspaceId = Text(reader, 2),
                Email = Text(reader, 3),
                CreatedAt = Time(reader, 4, TokenTable),
                ExpiresAt = Time(reader, 5, TokenTable),
                OperationType = Text(reader, 6),
                IsActive = Number(reader, 7),
                RateLimitPerMinute = Number(reader, 8),
                RateLimitBurst = Number(reader, 9),
                RateLimitWindowSeconds = Number(reader, 10),
                QuotaType = Text(reader, 11),
                TotalQuota = Number(reader, 12),
                RemainingQuota = Number(reader, 13),
                UpdatedAt = Time(reader, 14, TokenTable),
            });
        }

        return tokens;
    }

    /// <summary>Counts the log rows of some tokens that were made before an instant.</summary>
    public Task<long> CountLogsBeforeAsync(IReadOnlyCollection<string> tokens, DateTime cutoff, CancellationToken cancellationToken) =>
        _connection.ExecuteScalarAsync<long>(new CommandDefinition(
            $"SELECT COUNT(*) FROM {LogTable} WHERE token IN @tokens AND created_at < @cutoff",
            new { tokens, cutoff = Stored(cutoff) }, cancellationToken: cancellationToken));

    /// <summary>
    /// Reads the log rows of some tokens, other than those made before an instant, one by one, because there may be any number
    /// of them.
    /// </summary>
    public async IAsyncEnumerable<LegacyLogRow> ReadLogsAsync(
        IReadOnlyCollection<string> tokens, DateTime cutoff, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        // A row without a time is read too, and then refused by its number.
        string sql = $"SELECT {string.Join(", ", LogColumns)} FROM {LogTable} WHERE token IN @tokens AND NOT COALESCE(created_at < @cutoff, FALSE)";
        await using var reader = await _connection.ExecuteReaderAsync(
            new CommandDefinition(sql, new { tokens, cutoff = Stored(cutoff) }, cancellationToken: cancellationToken));
        while (await reader.ReadAsync(cancellationToken))
        {
            yield return new LegacyLogRow
            {
                Id = Number(reader, 0) ?? 0,
                Token = Text(reader, 1)!,
                WorkspaceId = Text(reader, 2),
                Email = Text(reader, 3),
                QuotaBefore = Number(reader, 4),
                QuotaAfter = Number(reader, 5),
                QuotaChange = Number(reader, 6),
                Action = Text(reader, 7),
                RequestId = Text(reader, 8),
                ExecutionSuccess = Number(reader, 9),
                ExecutionErrorType = Text(reader, 10),
                ExecutionErrorMessage = Text(reader, 11),
                CreatedAt = Time(reader, 12, LogTable),
            };
        }
    }

    public ValueTask DisposeAsync() => _connection.DisposeAsync();

    private async Task CheckTablesAsync(CancellationToken cancellationToken)
    {
        const string sql = """
            SELECT TABLE_NAME, COLUMN_NAME, DATA_TYPE FROM information_schema.COLUMNS
            WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME IN ('access_tokens', 'token_quota_logs')
            """;
        var columns = (await _connection.QueryAsync<(string Table, string Column, string Type)>(
            new CommandDefinition(sql, cancellationToken: cancellationToken))).ToDictionary(row => (row.Table, row.Column), row => row.Type);
        if (columns.ContainsKey((TokenTable, "secret_hash")))
            throw new ImportRefusedException("LEGACY_MYSQL_CONNECTION names a database of FlowQuota; it must name the Go system's.");
        var missing = TokenColumns.Select(column => (TokenTable, column)).Concat(LogColumns.Select(column => (LogTable, column)))
            .FirstOrDefault(column => !columns.ContainsKey(column));
        if (missing != default)
            throw new ImportRefusedException($"The Go system's database has no column {missing.Item1}.{missing.Item2}.");
        _instants.UnionWith(columns.Where(column => column.Value.Equals("timestamp", StringComparison.OrdinalIgnoreCase)).Select(column => column.Key));
    }

    private Task<int> ExecuteAsync(string sql, CancellationToken cancellationToken) =>
        _connection.ExecuteAsync(new CommandDefinition(sql, cancellationToken: cancellationToken));

    /// <summary>An instant in the format of the log's <c>created_at</c>.</summary>
    private DateTime Stored(DateTime utc) => _instants.Contains((LogTable, "created_at")) ? utc : _times.FromUtc(utc);

    private DateTime? Time(DbDataReader row, int column, string table)
    {
        if (row.IsDBNull(column))
            return null;
        var stored = row.GetDateTime(column);
        return stored != LegacyTimes.Zero && _instants.Contains((table, row.GetName(column)))
            ? DateTime.SpecifyKind(stored, DateTimeKind.Utc)
            : _times.ToUtc(stored);
    }

    private static string? Text(DbDataReader row, int column) => row.IsDBNull(column) ? null : row.GetString(column);

    // The column may be of any numeric type.
    private static long? Number(DbDataReader row, int column) =>
        row.IsDBNull(column) ? null : Convert.ToInt64(row.GetValue(column), CultureInfo.InvariantCulture);
}
