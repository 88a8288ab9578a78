using FlowQuota.Sql;
using Microsoft.Extensions.DependencyInjection;
using StackExchange.Redis;
using Xunit;

namespace FlowQuota.Tests.Apps;

/// <summary>A Redis and a SQL database for the tests of one class, which run one after the other.</summary>
public abstract class Stores : IAsyncLifetime
{
    /// <summary>A StackExchange.Redis configuration.</summary>
    public abstract string Redis { get; }

    public abstract SqlDialect Sql { get; }

    public abstract Task InitializeAsync();

    public abstract Task DisposeAsync();

    /// <summary>Starts an instance of the domain over these stores; see <see cref="TestDomain.StartAsync"/>.</summary>
    public virtual Task<TestDomain> StartAsync(Action<IServiceCollection>? replace = null, params (string Name, string Value)[] settings) =>
        TestDomain.StartAsync(Redis, Sql, replace, settings);

    /// <summary>Removes everything from Redis, as if it had lost its data.</summary>
    public async Task FlushRedisAsync()
    {
        await using var connection = await ConnectionMultiplexer.ConnectAsync($"{Redis},allowAdmin=true");
        await connection.GetServers()[0].FlushDatabaseAsync(connection.GetDatabase().Database);
    }
}
