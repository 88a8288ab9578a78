using System.Data.Common;
using FlowQuota.Sql;
using FlowQuota.Tests.Apps;
using Microsoft.Data.Sqlite;

namespace FlowQuota.Tests.Crash;

/// <summary>The self-host with its embedded stores: one process that a test may kill.</summary>
public sealed class EmbeddedWorld : ILoadWorld, IAsyncDisposable
{
    private readonly string _folder;

    /// <param name="folder">The folder of its state.</param>
    /// <param name="settings">Settings beside those of every test.</param>
    public EmbeddedWorld(string folder, params (string Name, string Value)[] settings)
    {
        _folder = folder;
        Apps =
        [
            new SelfHostProcess(folder,
            [
                ("ADMIN_TOKEN", TestApp.AdminToken), ("TOKEN_PEPPER", TestWorld.Pepper), ("QUOTA_SYNC_INTERVAL_SECONDS", "1"),
                .. settings,
            ]),
        ];
    }

    public SelfHostProcess App => Apps[0];

    public IReadOnlyList<SelfHostProcess> Apps { get; }

    public async Task<long> WaitingAsync()
    {
        var stats = (await App.AdminAsync(HttpMethod.Get, "/flow/cache-write-pool/stats")).Data;
        return stats.GetProperty("sync_queue_len").GetInt64() + stats.GetProperty("log_queue_len").GetInt64();
    }

    public async Task<DbConnection> OpenSqlAsync()
    {
        var connection = new SqliteConnection($"Data Source={Path.Combine(_folder, "flowquota.db")};Pooling=False");
        await connection.OpenAsync();
        return connection;
    }

    public SqlDialect OpenDialect() => new SqliteDialect(Path.Combine(_folder, "flowquota.db"));

    public ValueTask DisposeAsync() => App.DisposeAsync();
}
