using FlowQuota.Quotas;
using FlowQuota.Tests.Apps;
using Xunit;

namespace FlowQuota.Tests.Invariants;

/// <summary>Watches SQL under load and after it, while nothing but the doorbells brings anything there.</summary>
internal static class SqlFollowsRedis
{
    /// <param name="apps">All over the same stores.</param>
    /// <param name="seconds">Within which SQL must be equal after the last call.</param>
    public static async Task AssertAsync(TestApp[] apps, int seconds)
    {
        var token = await apps[0].CreateTokenAsync();
        var workload = new Workload(apps, token, seed: 4);

        var load = workload.RunAsync(clients: 6, requests: 60);
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
        int changes = workload.Changes.Values.Sum();
        await Eventually.TrueAsync(async () =>
        {
            var quota = await StoredLedger.ReadQuotaAsync(apps[0].Sql, token.Id);
            return quota.SyncedSeq == changes + 1
                && quota.Remaining == (int?)await apps[0].Redis.StringGetAsync($"quota:{token.Id}")
                && quota.Total == (int?)await apps[0].Redis.HashGetAsync($"token:{token.Id}", "total");
        }, seconds);
        await Eventually.TrueAsync(async () =>
        {
            var rows = await StoredLedger.ReadAsync(apps[0].Sql, token.Id);
            return rows.Count == changes + 1;
        }, seconds);
        Assert.True(moved);
        await StoredLedger.ReadWholeAsync(apps[0].Sql, token.Id);
    }
}
