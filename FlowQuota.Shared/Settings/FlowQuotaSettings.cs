using FlowQuota.Execution;
using FlowQuota.Retention;
using FlowQuota.Sandbox.Protocol;
using FlowQuota.Storage.Redis;
using FlowQuota.Storage.Sql;
using Microsoft.Extensions.Configuration;

namespace FlowQuota.Settings;

/// <summary>Everything that can be set (contract, section 2), read once and checked at the start.</summary>
public sealed record FlowQuotaSettings
{
    /// <summary>Admin tokens, any of which is good; several allow rotation.</summary>
    public required IReadOnlyList<string> AdminTokens { get; init; }

    /// <summary>Keys the MAC of token ids and the hashes of secrets.</summary>
    public required string TokenPepper { get; init; }

    /// <summary>Whether tokens of the Go system, <c>flow_</c> and 64 hexadecimal digits, are taken as well.</summary>
    public required bool AcceptLegacyTokens { get; init; }

    /// <summary>StackExchange.Redis connection string.</summary>
    public required string RedisConnection { get; init; }

    /// <summary>How long a call waits for Redis before it is answered 503 (architecture, section 7: within 1 s).</summary>
    public required TimeSpan RedisTimeout { get; init; }

    /// <summary>MySqlConnector connection string; null where the self-host's embedded SQLite serves.</summary>
    public string? MySqlConnection { get; init; }

    /// <summary>How many hash-tagged partitions the keys in Redis are spread over; 1 = no hash tags.</summary>
    public required int RedisPartitions { get; init; }

    /// <summary>While one doorbell is due no other is rung, for at most this long.</summary>
    public required TimeSpan SyncInterval { get; init; }

    /// <summary>Most items a drain writes to SQL in one batch.</summary>
    public required int SyncBatchSize { get; init; }

    /// <summary>Above this many waiting items an outbox counts as degraded; above 100 times as many, calls are refused.</summary>
    public required int QueueCap { get; init; }

    /// <summary>Every how many minutes the sweep looks for what a lost doorbell left behind.</summary>
    public required int SweepIntervalMinutes { get; init; }

    /// <summary>Zone in which answers tell times, and in which dates without a zone are read.</summary>
    public required TimeZoneInfo TimeZone { get; init; }

    /// <summary>How long log rows are kept.</summary>
    public required RetentionSettings Retention { get; init; }

    /// <summary>What one run of code may use.</summary>
    public required ExecutionLimits Execution { get; init; }

    /// <summary>Whether the SQL schema is brought up to date at the start.</summary>
    public required bool MigrateDatabase { get; init; }

    /// <summary>Above this many waiting audit events calls are refused with 503.</summary>
    public long BacklogHardLimit => 100L * QueueCap;

    /// <summary>Reads and checks all settings.</summary>
    /// <param name="configuration">Environment variables or app settings.</param>
    /// <param name="migrateByDefault">What <c>DATABASE_MIGRATE</c> is where it is not set.</param>
    /// <param name="requireMySql">False where an embedded store stands in for a missing <c>MYSQL_CONNECTION</c>.</param>
    /// <exception cref="SettingException">The first setting that is missing or wrong.</exception>
    public static FlowQuotaSettings Read(IConfiguration configuration, bool migrateByDefault, bool requireMySql)
    {
        var reader = new SettingReader(configuration);
        return new FlowQuotaSettings
        {
            AdminTokens = ReadAdminTokens(reader),
            TokenPepper = ReadPepper(reader),
            AcceptLegacyTokens = ReadLegacyTokens(reader),
            RedisConnection = ReadRedisConnection(reader),
            MySqlConnection = ReadMySqlConnection(reader, requireMySql),
            RedisTimeout = TimeSpan.FromMilliseconds(reader.Number("REDIS_TIMEOUT_MS", 800, 50, 10_000)),
            RedisPartitions = reader.Number("REDIS_PARTITIONS", 1, 1, 1024),
            SyncInterval = TimeSpan.FromSeconds(reader.Number("QUOTA_SYNC_INTERVAL_SECONDS", 5, 1, 3600)),
            SyncBatchSize = reader.Number("QUOTA_SYNC_BATCH_SIZE", 500, 1, 5000),
            QueueCap = reader.Number("QUOTA_QUEUE_CAP", 10_000, 1, 10_000_000),
            SweepIntervalMinutes = reader.Number("OUTBOX_SWEEP_INTERVAL_MINUTES", 1, 1, 60),
            TimeZone = ReadTimeZone(reader),
            Retention = new RetentionSettings(
                reader.Flag("QUOTA_CLEANUP_ENABLED", true),
                ReadRetentionDays(reader),
                TimeSpan.FromHours(reader.Number("QUOTA_CLEANUP_INTERVAL_HOURS", 24, 1, 8760)),
                reader.Number("QUOTA_CLEANUP_BATCH_SIZE", 10_000, 1, 1_000_000)),
            Execution = ReadExecution(reader),
            MigrateDatabase = reader.Flag("DATABASE_MIGRATE", migrateByDefault),
        };
    }

    internal static string ReadPepper(SettingReader reader) => reader.Secret("TOKEN_PEPPER", 32);

    internal static bool ReadLegacyTokens(SettingReader reader) => reader.Flag("LEGACY_TOKENS", false);

    internal static int ReadRetentionDays(SettingReader reader) => reader.Number("QUOTA_CLEANUP_RETENTION_DAYS", 180, 1, 36_500);

    private static string[] ReadAdminTokens(SettingReader reader)
    {
        const string name = "ADMIN_TOKEN";
        const string allowed = "one or more tokens of at least 24 characters each, separated by commas";
        string[] tokens = reader.Required(name, allowed)
            .Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        if (tokens.Length == 0)
            throw new SettingException(name, "empty", allowed);
        if (tokens.FirstOrDefault(token => token.Length < 24) is { } tooShort)
            throw new SettingException(name, $"{tooShort.Length} characters long in one of its parts", allowed);
        return tokens;
    }

    private static string ReadRedisConnection(SettingReader reader)
    {
        string connection = reader.Required("REDIS_CONNECTION", RedisServer.AllowedConnection);
        RedisServer.ReadOptions(connection);
        return connection;
    }

    internal static string? ReadMySqlConnection(SettingReader reader, bool isRequired)
    {
        const string name = "MYSQL_CONNECTION";
        string? connection = isRequired ? reader.Required(name, MySqlDialect.AllowedConnection) : reader.Text(name);
        if (connection is not null)
            MySqlDialect.ReadConnection(connection);
        return connection;
    }

    internal static TimeZoneInfo ReadTimeZone(SettingReader reader) => ReadTimeZone("FLOW_TIME_ZONE", reader.Text("FLOW_TIME_ZONE") ?? "UTC");

    internal static TimeZoneInfo ReadTimeZone(string setting, string name) => TimeZoneInfo.TryFindSystemTimeZoneById(name, out var zone)
        ? zone
        : throw SettingReader.Wrong(setting, name, "an IANA time zone name such as UTC or Asia/Shanghai");

    // A relative folder is looked for where the process was started, then beside the program, where a deployment has it.
    private static string? ReadModules(SettingReader reader)
    {
        const string name = "EXECUTE_MODULES";
        if (reader.Text(name) is not { } text)
            return null;
        string[] places = [Path.GetFullPath(text), Path.GetFullPath(text, AppContext.BaseDirectory)];
        return places.FirstOrDefault(place => Directory.Exists(Path.Combine(place, "node_modules")))
            ?? throw SettingReader.Wrong(name, text, "a folder that has node_modules in it, because npm install ran there");
    }

    private static ExecutionLimits ReadExecution(SettingReader reader)
    {
        var defaults = new ExecutionLimits();
        return new ExecutionLimits
        {
            Run = new RunLimits
            {
                Timeout = TimeSpan.FromMilliseconds(reader.Number("EXECUTE_TIMEOUT_MS", (int)defaults.Run.Timeout.TotalMilliseconds, 10, 60_000)),
                MaxMemoryBytes = reader.Number("EXECUTE_MAX_MEMORY_MB", (int)(defaults.Run.MaxMemoryBytes >> 20), 1, 2048) * (1L << 20),
                MaxRecursion = reader.Number("EXECUTE_MAX_RECURSION", defaults.Run.MaxRecursion, 10, 2000),
                MaxStatements = reader.Number("EXECUTE_MAX_STATEMENTS", defaults.Run.MaxStatements, 1000, int.MaxValue),
                MaxResultBytes = reader.Number("EXECUTE_MAX_RESULT_BYTES", defaults.Run.MaxResultBytes, 2, 64 * 1024 * 1024),
                MaxLogLines = reader.Number("EXECUTE_MAX_LOG_LINES", defaults.Run.MaxLogLines, 0, 100_000),
                ModulesFolder = ReadModules(reader),
            },
            MaxCodeBytes = reader.Number("EXECUTE_MAX_CODE_BYTES", defaults.MaxCodeBytes, 1, 16 * 1024 * 1024),
            MaxBodyBytes = reader.Number("EXECUTE_MAX_BODY_BYTES", defaults.MaxBodyBytes, 1024, 64 * 1024 * 1024),
            MaxConcurrency = reader.Number("EXECUTE_MAX_CONCURRENCY", defaults.MaxConcurrency, 1, 1024),
            SlotWait = TimeSpan.FromMilliseconds(reader.Number("EXECUTE_SLOT_WAIT_MS", (int)defaults.SlotWait.TotalMilliseconds, 0, 60_000)),
        };
    }
}
