using FlowQuota.Sql;
using FlowQuota.Tests.Storage;

namespace FlowQuota.Tests.Apps;

/// <summary>Real Redis and MySQL (or MariaDB).</summary>
public sealed class RealStores : Stores
{
    private readonly MySqlFixture _sql = new();
    private string? _redis;

    public override string Redis => _redis ??= TestWorld.NewRedisDatabase();

    public override SqlDialect Sql => _sql.Dialect;

    public override Task InitializeAsync() => _sql.InitializeAsync();

    public override Task DisposeAsync() => _sql.DisposeAsync();
}
