using FlowQuota.Errors;
using FlowQuota.Settings;
using Microsoft.Extensions.Configuration;
using Xunit;

namespace FlowQuota.Tests.Contract;

/// <summary>Protects the start: a missing or wrong setting stops it with one line that names the setting, its value and the allowed values.</summary>
public sealed class SettingsTests
{
    private const string Secret = "do-not-tell";

    private static readonly Dictionary<string, string?> Good = new()
    {
        ["ADMIN_TOKEN"] = "admin-token-0123456789-0123",
        ["TOKEN_PEPPER"] = "pepper-0123456789-0123456789-0123",
        ["REDIS_CONNECTION"] = "localhost:6379",
        ["MYSQL_CONNECTION"] = "Server=localhost;Database=flowquota",
    };

    public static TheoryData<string, int, int> Numbers => new()
    {
        { "REDIS_PARTITIONS", 1, 1024 },
        { "REDIS_TIMEOUT_MS", 50, 10_000 },
        { "QUOTA_SYNC_INTERVAL_SECONDS", 1, 3600 },
        { "QUOTA_SYNC_BATCH_SIZE", 1, 5000 },
        { "QUOTA_QUEUE_CAP", 1, 10_000_000 },
        { "OUTBOX_SWEEP_INTERVAL_MINUTES", 1, 60 },
        { "QUOTA_CLEANUP_RETENTION_DAYS", 1, 36_500 },
        { "QUOTA_CLEANUP_INTERVAL_HOURS", 1, 8760 },
        { "QUOTA_CLEANUP_BATCH_SIZE", 1, 1_000_000 },
        { "USAGE_RETENTION_DAYS", 1, 36_500 },
        { "EXECUTE_MAX_CODE_BYTES", 1, 16 * 1024 * 1024 },
        { "EXECUTE_MAX_BODY_BYTES", 1024, 64 * 1024 * 1024 },
        { "EXECUTE_TIMEOUT_MS", 10, 60_000 },
        { "EXECUTE_MAX_MEMORY_MB", 1, 2048 },
        { "EXECUTE_MAX_RECURSION", 10, 2000 },
        { "EXECUTE_MAX_STATEMENTS", 1000, int.MaxValue },
        { "EXECUTE_MAX_RESULT_BYTES", 2, 64 * 1024 * 1024 },
        { "EXECUTE_MAX_LOG_LINES", 0, 100_000 },
        { "EXECUTE_MAX_CONCURRENCY", 1, 1024 },
        { "EXECUTE_SLOT_WAIT_MS", 0, 60_000 },
    };

    [Fact]
    public void What_is_not_set_is_what_the_contract_says()
    {
        var settings = Read();
        Assert.Equal(["admin-token-0123456789-0123"], settings.AdminTokens);
        Assert.Equal((1, 500, 10_000, 1_000_000L), (settings.Redis.Partitions, settings.Outbox.SyncBatchSize, settings.Outbox.QueueCap, settings.Outbox.BacklogHardLimit));
        Assert.Equal(TimeSpan.FromSeconds(5), settings.Outbox.SyncInterval);
        Assert.Equal("UTC", settings.TimeZone.Id);
        Assert.False(settings.AcceptLegacyTokens);
        Assert.Equal((true, 180, TimeSpan.FromHours(24), 10_000), (
            settings.Retention.Enabled, settings.Retention.RetentionDays, settings.Retention.Interval, settings.Retention.BatchSize));
        var limits = settings.Execution;
        Assert.Equal((64 * 1024, 2 * 1024 * 1024, TimeSpan.FromSeconds(5), 64L << 20), (
            limits.MaxCodeBytes, limits.MaxBodyBytes, limits.Run.Timeout, limits.Run.MaxMemoryBytes));
        Assert.Equal((500, 1024 * 1024, 1000), (limits.Run.MaxRecursion, limits.Run.MaxResultBytes, limits.Run.MaxLogLines));
    }

    [Fact]
    public void What_is_set_is_read()
    {
        var settings = Read(
            ("ADMIN_TOKEN", " first-admin-token-0123456789 ,second-admin-token-0123456789,"), ("FLOW_TIME_ZONE", "Asia/Shanghai"),
            ("QUOTA_CLEANUP_ENABLED", "False"), ("LEGACY_TOKENS", "true"), ("EXECUTE_TIMEOUT_MS", " 750 "), ("QUOTA_QUEUE_CAP", ""));
        Assert.Equal(["first-admin-token-0123456789", "second-admin-token-0123456789"], settings.AdminTokens);
        Assert.Equal(TimeSpan.FromHours(8), settings.TimeZone.BaseUtcOffset);
        Assert.False(settings.Retention.Enabled);
        Assert.True(settings.AcceptLegacyTokens);
        Assert.Equal(TimeSpan.FromMilliseconds(750), settings.Execution.Run.Timeout);
        Assert.Equal(10_000, settings.Outbox.QueueCap);
    }

    [Theory]
    [InlineData("ADMIN_TOKEN")]
    [InlineData("TOKEN_PEPPER")]
    [InlineData("REDIS_CONNECTION")]
    [InlineData("MYSQL_CONNECTION")]
    public void What_must_be_set_is_named_where_it_is_missing_or_blank(string name)
    {
        foreach (string? value in new[] { null, "", "  " })
            AssertRefused(name, value, "missing");
    }

    [Theory]
    [InlineData("ADMIN_TOKEN", "do-not-tell")]
    [InlineData("ADMIN_TOKEN", "admin-token-0123456789-0123,do-not-tell")]
    [InlineData("ADMIN_TOKEN", ",")]
    [InlineData("ADMIN_TOKEN", "admin-token-do-not-tell")]
    [InlineData("TOKEN_PEPPER", "do-not-tell")]
    [InlineData("TOKEN_PEPPER", "pepper-do-not-tell-31-character")]
    public void A_secret_that_is_too_short_is_named_and_not_told(string name, string value) =>
        AssertRefused(name, value, value == "," ? "empty" : "characters long");

    [Theory]
    [InlineData("REDIS_CONNECTION", "localhost,password=do-not-tell,nonsense=1")]
    [InlineData("REDIS_CONNECTION", "password=do-not-tell")]
    [InlineData("MYSQL_CONNECTION", "do-not-tell")]
    [InlineData("MYSQL_CONNECTION", "Server=localhost;Database=flowquota;Nonsense=do-not-tell")]
    [InlineData("MYSQL_CONNECTION", "Server=localhost;Database=flowquota;Port=do-not-tell")]
    [InlineData("MYSQL_CONNECTION", "Server=localhost;Password=do-not-tell")]
    public void A_connection_string_that_cannot_be_read_is_named_and_not_told(string name, string value) => AssertRefused(name, value, "");

    [Theory]
    [MemberData(nameof(Numbers))]
    public void A_number_is_held_to_its_range(string name, int least, int most)
    {
        Read((name, $"{least}"));
        Read((name, $"{most}"));
        foreach (string wrong in new[] { $"{least - 1L}", $"{most + 1L}", "many", "1.5", "0x10", "1 000", "99999999999999999999" })
            AssertRefused(name, wrong, $"\"{wrong}\"", $"from {least} to {most}");
    }

    [Theory]
    [InlineData("QUOTA_CLEANUP_ENABLED", "yes", "true or false")]
    [InlineData("LEGACY_TOKENS", "maybe", "true or false")]
    [InlineData("QUOTA_CLEANUP_ENABLED", "2", "true or false")]
    [InlineData("DATABASE_MIGRATE", "on", "true or false")]
    [InlineData("FLOW_TIME_ZONE", "Mars/Olympus", "IANA")]
    [InlineData("FLOW_TIME_ZONE", "+08:00", "IANA")]
    [InlineData("FLOW_TIME_ZONE", "../../etc/passwd", "IANA")]
    [InlineData("ALLOWED_ORIGINS", "*", "origins")]
    [InlineData("ALLOWED_ORIGINS", "https://a.example.com/", "origins")]
    [InlineData("ALLOWED_ORIGINS", "https://a.example.com,app.example.com", "origins")]
    [InlineData("OUTBOX_SWEEP_SCHEDULE", "* * * * *", "NCRONTAB")]
    [InlineData("OUTBOX_SWEEP_SCHEDULE", "00:01:00", "NCRONTAB")]
    [InlineData("OUTBOX_SWEEP_SCHEDULE", "0 60 * * * *", "NCRONTAB")]
    [InlineData("OUTBOX_SWEEP_SCHEDULE", "\"", "NCRONTAB")]
    [InlineData("QUOTA_CLEANUP_SCHEDULE", "0 0 0 31 2 *", "NCRONTAB")]
    [InlineData("QUOTA_CLEANUP_SCHEDULE", "%OTHER%", "NCRONTAB")]
    [InlineData("EXECUTE_MODULES", "no/such/folder", "node_modules")]
    [InlineData("EXECUTE_MODULES", "/", "node_modules")]
    public void A_wrong_word_is_told_with_what_is_allowed(string name, string value, string allowed) =>
        AssertRefused(name, value, $"\"{value}\"", allowed);

    [Theory]
    [InlineData(null, null, "0 * * * * *", 1)]
    [InlineData("", "5", "0 */5 * * * *", 5)]
    [InlineData(null, "7", "0 */7 * * * *", 7)]
    [InlineData(null, "60", "0 0 * * * *", 60)]
    [InlineData("30 */10 8-18 * * 1-5", "5", "30 */10 8-18 * * 1-5", 3670)]
    [InlineData("0 0 3 1 1 *", null, "0 0 3 1 1 *", 366 * 24 * 60)]
    public void The_sweep_runs_by_its_schedule_or_by_its_interval(string? schedule, string? minutes, string expected, int longestPauseMinutes)
    {
        var sweep = Read(("OUTBOX_SWEEP_SCHEDULE", schedule), ("OUTBOX_SWEEP_INTERVAL_MINUTES", minutes)).Schedules["OUTBOX_SWEEP_SCHEDULE"];

        Assert.Equal(expected, sweep.Text);
        Assert.Equal(longestPauseMinutes, sweep.LongestPause.TotalMinutes);
    }

    [Fact]
    public void The_folder_of_packages_may_be_absolute_or_relative()
    {
        Assert.Null(Read().Execution.Run.ModulesFolder);
        Assert.Null(Read(("EXECUTE_MODULES", "")).Execution.Run.ModulesFolder);
        string folder = Directory.CreateTempSubdirectory("flowquota-settings-").FullName;
        try
        {
            Directory.CreateDirectory(Path.Combine(folder, "node_modules"));
            foreach (string? name in new[] { folder, Path.GetRelativePath(Environment.CurrentDirectory, folder), Path.GetRelativePath(AppContext.BaseDirectory, folder) })
                Assert.Equal(folder, Read(("EXECUTE_MODULES", name)).Execution.Run.ModulesFolder);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public void A_value_of_several_lines_is_told_in_one() => AssertRefused("FLOW_TIME_ZONE", "a\nb\r\nc", "\"a b c\"");

    private static FlowQuotaSettings Read(params (string Name, string? Value)[] settings)
    {
        var values = new Dictionary<string, string?>(Good);
        foreach (var (name, value) in settings)
            values[name] = value;
        return FlowQuotaSettings.Read(new ConfigurationBuilder().AddInMemoryCollection(values).Build(), migrateByDefault: false, requireMySql: true);
    }

    private static void AssertRefused(string name, string? value, params string[] says)
    {
        var refusal = Assert.Throws<SettingException>(() => Read((name, value)));
        Assert.Equal(name, refusal.Name);
        Assert.StartsWith($"Setting {name} is ", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("; allowed: ", refusal.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(Secret, refusal.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', refusal.Message);
        Assert.DoesNotContain('\r', refusal.Message);
        Assert.All(says, part => Assert.Contains(part, refusal.Message, StringComparison.Ordinal));
    }
}
