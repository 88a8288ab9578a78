using FlowQuota.Tests.Apps;
using FlowQuota.Tests.Servers;
using StackExchange.Redis;
using Xunit;

namespace FlowQuota.Tests.Invariants;

/// <summary>Invariant 3: after = before + change, and each row's before is the previous row's after, over epochs too.</summary>
public sealed class Invariant3ChainTests
{
    [ServerFact(Redis = true, MySql = true)]
    public async Task The_chain_holds_over_what_two_instances_load_again_and_again()
    {
        await using var world = await TestWorld.RealAsync();
        TestApp[] apps = [await world.StartAppAsync(), await world.StartAppAsync()];
        var token = await apps[0].CreateTokenAsync();

        for (int round = 0; round < 3; round++)
        {
            var load = new Workload(apps, token, seed: 30 + round).RunAsync(clients: 4, requests: 20);
            while (!load.IsCompleted)
            {
                // Evicted under load, with changes that still wait for SQL.
                await Task.WhenAny(load, EvictAsync(apps[0].Redis, token));
            }

            await load;
        }

        await apps[0].DrainAsync();
        var rows = await StoredLedger.ReadWholeAsync(apps[0].Sql, token.Id);
        Assert.True(rows.Select(row => row.Epoch).Distinct().Count() > 3);
        Assert.Equal((await StoredLedger.ReadQuotaAsync(apps[0].Sql, token.Id)).Remaining, rows[^1].After);
    }

    [Fact]
    public async Task The_chain_holds_over_epochs_on_the_embedded_stores()
    {
        await using var world = TestWorld.Embedded();
        var app = await world.StartAppAsync();
        var token = await app.CreateTokenAsync();

        for (int round = 0; round < 4; round++)
        {
            await new Workload([app], token, seed: 40 + round).RunAsync(clients: 2, requests: 10);
            await app.Redis.KeyDeleteAsync([$"quota:{token.Id}", $"token:{token.Id}"]);
        }

        await app.DrainAsync();
        var rows = await StoredLedger.ReadWholeAsync(app.Sql, token.Id);
        // An epoch in which every call was refused has no row.
        Assert.InRange(rows.Select(row => row.Epoch).Distinct().Count(), 2, 4);
    }

    private static async Task EvictAsync(IDatabase redis, TestToken token)
    {
        await redis.KeyDeleteAsync([$"quota:{token.Id}", $"token:{token.Id}"]);
        // Room for some changes before the next one.
        await Task.Delay(TimeSpan.FromMilliseconds(150));
    }
}
