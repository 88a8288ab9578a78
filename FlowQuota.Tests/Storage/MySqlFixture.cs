using Dapper;
using FlowQuota.Sql;
using FlowQuota.Tests.Servers;
using MySqlConnector;

namespace FlowQuota.Tests.Storage;

public sealed class MySqlFixture : SqlFixture
{
    public string Database { get; } = $"flowquota_test_{Guid.NewGuid():N}";

    public string ConnectionString => new MySqlConnectionStringBuilder(TestServers.MySql) { Database = Database }.ConnectionString;

    public override string? SkipReason => TestServers.SkipReason(TestServers.MySqlVariable);

    /// <summary>Runs a statement outside our database, as the account that may create databases.</summary>
    public static async Task ExecuteOnServerAsync(string sql)
    {
        await using var connection = new MySqlConnection(TestServers.MySql);
        await connection.ExecuteAsync(sql);
    }

    protected override async Task<SqlDialect> CreateDatabaseAsync()
    {
        await ExecuteOnServerAsync($"CREATE DATABASE {Database}");
        return new MySqlDialect(ConnectionString);
    }

    protected override Task DropDatabaseAsync() => ExecuteOnServerAsync($"DROP DATABASE IF EXISTS {Database}");
}
