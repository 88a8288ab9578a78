using FlowQuota.Ledger;
using FlowQuota.Tests.Apps;
using Xunit;

namespace FlowQuota.Tests.Invariants;

/// <summary>Watches SQL under load and after it, while only the doorbells start drains.</summary>
internal static class SqlFollowsRedis
{
    /// <param name="apps">All over the same stores.</param>
    /// <param name="seconds">The time after the last call within which SQL must be equal.</param>
    public static async Task AssertAsync(TestApp[] apps, int seconds)
    {
        var token = await apps[0].CreateTokenAsync();
        var load = new Workload(apps, token, seed: 4).RunAsync(clients: 6, requests: 60);
        var synced = new LedgerPosition(1, 1);
        bool moved = false;
        while (!load.IsCompleted)
        {
            var quota = await StoredLedger.ReadQuotaAsync(apps[0].Sql, token.Id);
            var now = new LedgerPosition(quota.SyncedEpoch, quota.SyncedSeq);
            Assert.True(now >= synced, $"SQL went back from {synced} to {now}");
            moved |= now > synced;
            synced = now;
        }

        await load;
        await Eventually.TrueAsync(async () =>
        {
            var quota = await StoredLedger.ReadQuotaAsync(apps[0].Sql, token.Id);
            var hot = await apps[0].Redis.HashGetAsync($"token:{token.Id}", ["epoch", "seq", "total"]);
            return (quota.SyncedEpoch, quota.SyncedSeq, quota.Total) == ((int)hot[0], (long)hot[1], (int?)hot[2])
                && quota.Remaining == (int?)await apps[0].Redis.StringGetAsync($"quota:{token.Id}")
                && (await StoredLedger.ReadAsync(apps[0].Sql, token.Id)).Count == (long)hot[1];
        }, seconds);
        Assert.True(moved);
        await StoredLedger.ReadWholeAsync(apps[0].Sql, token.Id);
    }
}
