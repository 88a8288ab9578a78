using System.Globalization;
using FlowQuota.Errors;
using FlowQuota.Execution;
using FlowQuota.Ledger;
using FlowQuota.Outbox;
using FlowQuota.Redis;
using FlowQuota.Retention;
using FlowQuota.Sandbox.Protocol;
using FlowQuota.Sql;
using FlowQuota.Usage;
using Microsoft.Extensions.Configuration;

namespace FlowQuota.Settings;

/// <summary>All settings (docs/settings.md), read once and validated at the start.</summary>
public sealed record FlowQuotaSettings
{
    /// <summary>The setting for the schedule of the sweep.</summary>
    public const string SweepSchedule = "OUTBOX_SWEEP_SCHEDULE";

    /// <summary>The setting for the schedule on which retention checks whether it is due.</summary>
    public const string CleanupSchedule = "QUOTA_CLEANUP_SCHEDULE";

    /// <summary>The setting for the schedule on which usage is rolled up.</summary>
    public const string UsageSchedule = "USAGE_ROLLUP_SCHEDULE";

    /// <summary>Admin tokens; each is valid, so that they can be rotated.</summary>
    public required IReadOnlyList<string> AdminTokens { get; init; }

    /// <summary>The key of the MAC of token ids and of the hashes of secrets.</summary>
    public required string TokenPepper { get; init; }

    /// <summary>Whether tokens of the Go system, <c>flow_</c> and 64 hexadecimal digits, are accepted as well.</summary>
    public required bool AcceptLegacyTokens { get; init; }

    /// <summary>How Redis is reached.</summary>
    public required RedisSettings Redis { get; init; }

    /// <summary>MySqlConnector connection string; null if the self-host uses its embedded SQLite.</summary>
    public string? MySqlConnection { get; init; }

    /// <summary>How changes get from Redis to SQL.</summary>
    public required OutboxSettings Outbox { get; init; }

    /// <summary>When the timer-triggered functions run, by <see cref="SweepSchedule"/>, <see cref="CleanupSchedule"/> and <see cref="UsageSchedule"/>.</summary>
    public required IReadOnlyDictionary<string, TimerSchedule> Schedules { get; init; }

    /// <summary>Time zone of the times in responses, and of dates in requests that have no zone.</summary>
    public required TimeZoneInfo TimeZone { get; init; }

    /// <summary>Origins whose pages may call from a browser, such as <c>https://app.example.com</c>; empty = none.</summary>
    public required IReadOnlyList<string> AllowedOrigins { get; init; }

    /// <summary>Whether <c>/console</c> is served.</summary>
    public required bool IsConsoleEnabled { get; init; }

    /// <summary>How long log rows are kept.</summary>
    public required RetentionSettings Retention { get; init; }

    /// <summary>How usage is rolled up and kept.</summary>
    public required UsageSettings Usage { get; init; }

    /// <summary>Limits of one run of code.</summary>
    public required ExecutionLimits Execution { get; init; }

    /// <summary>How calls under a key are remembered.</summary>
    public required IdempotencySettings Idempotency { get; init; }

    /// <summary>Whether the SQL schema is upgraded at the start.</summary>
    public required bool MigrateDatabase { get; init; }

    /// <summary>Reads and validates all settings.</summary>
    /// <param name="configuration">Environment variables or app settings.</param>
    /// <param name="migrateByDefault">The value of <c>DATABASE_MIGRATE</c> if it is not set.</param>
    /// <param name="requireMySql">False if an embedded store replaces a missing <c>MYSQL_CONNECTION</c>.</param>
    /// <exception cref="SettingException">The first setting that is missing or wrong.</exception>
    public static FlowQuotaSettings Read(IConfiguration configuration, bool migrateByDefault, bool requireMySql)
    {
        var reader = new SettingReader(configuration);
        var schedules = ReadSchedules(reader);
        var execution = ReadExecution(reader);
        var idempotency = new IdempotencySettings(
            TimeSpan.FromSeconds(reader.Number("IDEMPOTENCY_TTL_SECONDS", 86_400, 60, 604_800)),
            reader.Number("IDEMPOTENCY_MAX_RESULT_BYTES", 16_384, 0, 1024 * 1024),
            execution.LongestRun);
        return new FlowQuotaSettings
        {
            AdminTokens = ReadAdminTokens(reader),
            TokenPepper = ReadPepper(reader),
            AcceptLegacyTokens = ReadLegacyTokens(reader),
            Redis = new RedisSettings(
                ReadRedisConnection(reader),
                reader.Number("REDIS_PARTITIONS", 1, 1, 1024),
                TimeSpan.FromMilliseconds(reader.Number("REDIS_TIMEOUT_MS", 800, 50, 10_000))),
            MySqlConnection = ReadMySqlConnection(reader, requireMySql),
            Outbox = new OutboxSettings(
                TimeSpan.FromSeconds(reader.Number("QUOTA_SYNC_INTERVAL_SECONDS", 5, 1, 3600)),
                reader.Number("QUOTA_SYNC_BATCH_SIZE", 500, 1, 5000),
                reader.Number("QUOTA_QUEUE_CAP", 10_000, 1, 10_000_000),
                schedules[SweepSchedule].LongestPause),
            Schedules = schedules,
            TimeZone = ReadTimeZone(reader),
            AllowedOrigins = ReadOrigins(reader),
            IsConsoleEnabled = reader.Flag("CONSOLE_ENABLED", true),
            Retention = new RetentionSettings(
                reader.Flag("QUOTA_CLEANUP_ENABLED", true),
                ReadRetentionDays(reader),
                TimeSpan.FromHours(reader.Number("QUOTA_CLEANUP_INTERVAL_HOURS", 24, 1, 8760)),
                reader.Number("QUOTA_CLEANUP_BATCH_SIZE", 10_000, 1, 1_000_000))
            {
                RememberRequests = idempotency.TimeToLiveInSql,
            },
            Usage = new UsageSettings(reader.Number("USAGE_RETENTION_DAYS", 800, 1, 36_500), execution.LongestRun),
            Execution = execution,
            Idempotency = idempotency,
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

    private static string[] ReadOrigins(SettingReader reader)
    {
        const string name = "ALLOWED_ORIGINS";
        string text = reader.Text(name) ?? "";
        string[] origins = text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        // The form in which a browser sends it: scheme, host, and the port unless it is the scheme's default.
        foreach (string origin in origins)
        {
            if (!Uri.TryCreate(origin, UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https") || uri.GetLeftPart(UriPartial.Authority) != origin)
                throw SettingReader.Wrong(name, text, "origins separated by commas, such as https://app.example.com, in lower case and without a path");
        }

        return origins;
    }

    private static string ReadRedisConnection(SettingReader reader)
    {
        string connection = reader.Required("REDIS_CONNECTION", RedisServer.AllowedConnection);
        RedisServer.ReadOptions(connection);
        return connection;
    }

    private static Dictionary<string, TimerSchedule> ReadSchedules(SettingReader reader)
    {
        int minutes = reader.Number("OUTBOX_SWEEP_INTERVAL_MINUTES", 1, 1, 60);
        string sweep = minutes switch
        {
            1 => "0 * * * * *",
            60 => "0 0 * * * *",
            _ => string.Create(CultureInfo.InvariantCulture, $"0 */{minutes} * * * *"),
        };
        return new Dictionary<string, TimerSchedule>(StringComparer.Ordinal)
        {
            [SweepSchedule] = TimerSchedule.Read(SweepSchedule, reader.Text(SweepSchedule) ?? sweep),
            [CleanupSchedule] = TimerSchedule.Read(CleanupSchedule, reader.Text(CleanupSchedule) ?? "0 0 * * * *"),
            [UsageSchedule] = TimerSchedule.Read(UsageSchedule, reader.Text(UsageSchedule) ?? "0 * * * * *"),
        };
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

    // A relative folder is looked for in the working directory, then beside the program, which is its place in a deployment.
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
