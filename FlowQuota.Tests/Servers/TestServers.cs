namespace FlowQuota.Tests.Servers;

/// <summary>The real servers that tests run against, as the environment names them.</summary>
public static class TestServers
{
    public const string MySqlVariable = "FLOWQUOTA_TEST_MYSQL";
    public const string RedisVariable = "FLOWQUOTA_TEST_REDIS";
    public const string AzuriteVariable = "FLOWQUOTA_TEST_AZURITE";
    public const string RedisServerVariable = "FLOWQUOTA_TEST_REDIS_SERVER";
    public const string MariaDbServerVariable = "FLOWQUOTA_TEST_MARIADB_SERVER";
    public const string MariaDbInstallVariable = "FLOWQUOTA_TEST_MARIADB_INSTALL_DB";
    public const string AzuriteQueueVariable = "FLOWQUOTA_TEST_AZURITE_QUEUE";
    public const string NginxVariable = "FLOWQUOTA_TEST_NGINX";
    public const string CaddyVariable = "FLOWQUOTA_TEST_CADDY";
    public const string HaproxyVariable = "FLOWQUOTA_TEST_HAPROXY";
    public const string ChromiumVariable = "FLOWQUOTA_TEST_CHROMIUM";
    private const string SkipVariable = "FLOWQUOTA_TEST_SKIP_SERVERS";

    /// <summary>A MySqlConnector connection string of an account that may create databases.</summary>
    public static string MySql => Get(MySqlVariable);

    /// <summary>A StackExchange.Redis configuration.</summary>
    public static string Redis => Get(RedisVariable);

    /// <summary>The path of redis-server; tests stop and start servers of their own.</summary>
    public static string RedisServer => Get(RedisServerVariable);

    /// <summary>The paths of the programs; tests kill and restart servers of their own.</summary>
    public static string Program(string variable) => Get(variable);

    /// <summary>A storage connection string.</summary>
    public static string Azurite => Get(AzuriteVariable);

    /// <summary>
    /// Why a test that needs this server is not run; null if it is run. Without its server it runs and fails, unless the
    /// absence was asked for: a missing server must not look like a passed test.
    /// </summary>
    public static string? SkipReason(string variable) =>
        Environment.GetEnvironmentVariable(SkipVariable) == "1" && string.IsNullOrEmpty(Environment.GetEnvironmentVariable(variable))
            ? $"{variable} is not set and {SkipVariable} is 1."
            : null;

    private static string Get(string variable) =>
        Environment.GetEnvironmentVariable(variable) is { Length: > 0 } value
            ? value
            : throw new InvalidOperationException(
                $"This test needs a real server: set {variable}, or {SkipVariable}=1 to leave such tests out.");
}
