using FlowQuota.SelfHost.Embedded;
using FlowQuota.Storage.Sql;
using FlowQuota.Tests.Storage;

namespace FlowQuota.Tests.Apps;

/// <summary>The embedded pair: Garnet and SQLite.</summary>
public sealed class EmbeddedStores : Stores
{
    private readonly string _folder = Directory.CreateTempSubdirectory("flowquota-").FullName;
    private readonly SqliteFixture _sql = new();
    private EmbeddedRedis? _redis;

    public override string Redis => _redis!.Connection;

    public override SqlDialect Sql => _sql.Dialect;

    public override Task InitializeAsync()
    {
        _redis = EmbeddedRedis.Start(_folder);
        return _sql.InitializeAsync();
    }

    public override async Task DisposeAsync()
    {
        _redis?.Dispose();
        await _sql.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }
}
