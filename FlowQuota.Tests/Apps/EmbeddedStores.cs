using FlowQuota.Redis;
using FlowQuota.SelfHost.Embedded;
using FlowQuota.Sql;
using FlowQuota.Tests.Storage;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace FlowQuota.Tests.Apps;

/// <summary>The embedded pair: Garnet and SQLite.</summary>
public sealed class EmbeddedStores : Stores
{
    private readonly string _folder = Directory.CreateTempSubdirectory("flowquota-").FullName;
    private readonly SqliteFixture _sql = new();
    private EmbeddedRedis? _redis;

    public override string Redis => _redis!.Connection;

    public override SqlDialect Sql => _sql.Dialect;

    public override async Task InitializeAsync()
    {
        _redis = await StartRedisAsync(_folder);
        await _sql.InitializeAsync();
    }

    public override Task<TestDomain> StartAsync(Action<IServiceCollection>? replace = null, params (string Name, string Value)[] settings) =>
        base.StartAsync(services =>
        {
            services.AddSingleton<ICommitGate>(_redis!);
            replace?.Invoke(services);
        }, settings);

    public override async Task DisposeAsync()
    {
        if (_redis is not null)
            await _redis.DisposeAsync();
        await _sql.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private static async Task<EmbeddedRedis> StartRedisAsync(string folder)
    {
        var redis = new EmbeddedRedis(folder, folder, partitions: 1, maxLogBytes: 1 << 20);
        await redis.StartAsync(NullLogger.Instance);
        return redis;
    }
}
