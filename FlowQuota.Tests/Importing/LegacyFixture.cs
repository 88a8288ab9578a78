using Dapper;
using FlowQuota.Tests.Servers;
using FlowQuota.Tests.Storage;
using MySqlConnector;
using Xunit;

namespace FlowQuota.Tests.Importing;

/// <summary>A database like the Go system's, from a dump in its format; dropped at the end.</summary>
public sealed class LegacyFixture : IAsyncLifetime
{
    /// <summary>The zone in which the times of the dump are written.</summary>
    public const string TimeZone = "Asia/Shanghai";

    private readonly string _database = $"flowquota_legacy_{Guid.NewGuid():N}";

    public string ConnectionString => new MySqlConnectionStringBuilder(TestServers.MySql) { Database = _database }.ConnectionString;

    /// <summary>The token of a row of the dump.</summary>
    public static string Token(int row) => $"flow_{row:D32}{new string('a', 32)}";

    public async Task InitializeAsync()
    {
        if (TestServers.SkipReason(TestServers.MySqlVariable) is not null) return;

        await MySqlFixture.ExecuteOnServerAsync($"CREATE DATABASE {_database} CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci");
        using var stream = typeof(LegacyFixture).Assembly.GetManifestResourceStream("go-system.sql")!;
        using var reader = new StreamReader(stream);
        await ExecuteAsync(await reader.ReadToEndAsync());
    }

    public async Task DisposeAsync()
    {
        if (TestServers.SkipReason(TestServers.MySqlVariable) is null)
            await MySqlFixture.ExecuteOnServerAsync($"DROP DATABASE IF EXISTS {_database}");
    }

    /// <summary>Runs a statement in it, as its people might.</summary>
    public async Task ExecuteAsync(string sql, object? values = null)
    {
        await using var connection = new MySqlConnection(ConnectionString);
        await connection.ExecuteAsync(sql, values);
    }
}
