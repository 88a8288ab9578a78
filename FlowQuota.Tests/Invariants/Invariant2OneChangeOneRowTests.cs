using FlowQuota.Tests.Apps;
using FlowQuota.Tests.Servers;
using Xunit;

namespace FlowQuota.Tests.Invariants;

/// <summary>Invariant 2: every change of a quota has exactly one row, numbered 1, 2, 3 ... within (token, epoch) without a gap.</summary>
public sealed class Invariant2OneChangeOneRowTests
{
    [ServerFact(Redis = true, MySql = true)]
    public async Task Every_change_of_a_mixed_load_on_two_instances_has_its_one_row()
    {
        await using var world = await TestWorld.RealAsync();
        await AssertOneRowEachAsync([await world.StartAppAsync(), await world.StartAppAsync()]);
    }

    [Fact]
    public async Task Every_change_of_a_mixed_load_on_the_embedded_stores_has_its_one_row()
    {
        await using var world = TestWorld.Embedded();
        await AssertOneRowEachAsync([await world.StartAppAsync()]);
    }

    private static async Task AssertOneRowEachAsync(TestApp[] apps)
    {
        var token = await apps[0].CreateTokenAsync();
        var load = new Workload(apps, token, seed: 2);

        await load.RunAsync(clients: 6, requests: 40);
        IReadOnlyList<StoredChange> rows = [];
        await Eventually.TrueAsync(async () =>
        {
            await apps[0].DrainAsync();
            rows = await StoredLedger.ReadWholeAsync(apps[0].Sql, token.Id);
            return rows.Where(row => row.Action is "consume" or "refund").Where(row => load.Unavailable.Contains(row.RequestId)).Sum(row => row.Change) == 0;
        });

        Assert.Equal("init", rows[0].Action);
        Assert.Equal(
            load.Changes.OrderBy(change => change.Key, StringComparer.Ordinal),
            rows.Skip(1).Where(row => !load.Unavailable.Contains(row.RequestId)).CountBy(row => row.RequestId)
                .OrderBy(change => change.Key, StringComparer.Ordinal));
        Assert.Equal(["consume", "init", "recharge", "refund"], rows.Select(row => row.Action).Distinct().Order());
    }
}
