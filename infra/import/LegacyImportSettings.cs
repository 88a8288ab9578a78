using FlowQuota.Errors;
using FlowQuota.Settings;
using FlowQuota.Sql;
using Microsoft.Extensions.Configuration;

namespace FlowQuota.Import;

/// <summary>The settings of an import from the Go system.</summary>
public sealed record LegacyImportSettings
{
    /// <summary>MySqlConnector connection string of the Go system's database.</summary>
    public required string LegacyConnection { get; init; }

    /// <summary>MySqlConnector connection string of ours; null if the self-host's embedded SQLite is used.</summary>
    public string? MySqlConnection { get; init; }

    /// <summary>The pepper of the app; it would refuse tokens that were hashed with another.</summary>
    public required string TokenPepper { get; init; }

    /// <summary>The zone in which the Go system wrote its times.</summary>
    public required TimeZoneInfo TimeZone { get; init; }

    /// <summary>Log rows older than this many days are not imported, because retention would remove them at once.</summary>
    public required int RetentionDays { get; init; }

    /// <summary>Whether our schema is brought up to date before anything is written.</summary>
    public required bool MigrateDatabase { get; init; }

    /// <summary>Whether an app with the same settings accepts legacy tokens.</summary>
    public required bool AcceptsLegacyTokens { get; init; }

    /// <summary>Reads and checks the settings.</summary>
    /// <param name="configuration">Environment variables.</param>
    /// <param name="timeZone">Zone of the Go system if it is not <c>FLOW_TIME_ZONE</c>; null = that one.</param>
    /// <exception cref="SettingException">The first setting that is missing or wrong.</exception>
    public static LegacyImportSettings Read(IConfiguration configuration, string? timeZone)
    {
        const string legacy = "LEGACY_MYSQL_CONNECTION";
        var reader = new SettingReader(configuration);
        string legacyConnection = reader.Required(legacy, MySqlDialect.AllowedConnection);
        MySqlDialect.ReadConnection(legacyConnection, legacy);
        return new LegacyImportSettings
        {
            LegacyConnection = legacyConnection,
            MySqlConnection = FlowQuotaSettings.ReadMySqlConnection(reader, isRequired: false),
            TokenPepper = FlowQuotaSettings.ReadPepper(reader),
            TimeZone = timeZone is null
                ? FlowQuotaSettings.ReadTimeZone(reader)
                : FlowQuotaSettings.ReadTimeZone("--time-zone", timeZone),
            RetentionDays = FlowQuotaSettings.ReadRetentionDays(reader),
            MigrateDatabase = reader.Flag("DATABASE_MIGRATE", true),
            AcceptsLegacyTokens = FlowQuotaSettings.ReadLegacyTokens(reader),
        };
    }
}
