using FlowQuota.Tests.Apps;
using FlowQuota.Tests.Servers;
using Xunit;

namespace FlowQuota.Tests.Invariants;

/// <summary>Invariant 1: admitted calls never exceed the granted quota, under any concurrency, across instances.</summary>
public sealed class Invariant1NeverOverGrantedTests
{
    [ServerFact(Redis = true, MySql = true)]
    public async Task Of_2000_tries_by_20_clients_on_two_instances_exactly_500_are_admitted()
    {
        await using var world = await TestWorld.RealAsync();
        TestApp[] apps = [await world.StartAppAsync(), await world.StartAppAsync()];
        var token = await apps[0].CreateTokenAsync(
            new { ws_id = "ws", email = "a@example.com", operation = "unlimited", quota_type = "count", total_quota = 500 });

        var statuses = await Task.WhenAll(Enumerable.Range(0, 20).Select(async client =>
        {
            var seen = new List<int>();
            for (int i = 0; i < 100; i++)
                seen.Add((await apps[client % 2].ConsumeAsync(token)).Status);
            return seen;
        }));

        Assert.Equal(500, statuses.SelectMany(seen => seen).Count(status => status == 200));
        Assert.Equal(1500, statuses.SelectMany(seen => seen).Count(status => status == 429));
        Assert.Equal(0, await apps[0].Redis.StringGetAsync($"quota:{token.Id}"));
    }
}
