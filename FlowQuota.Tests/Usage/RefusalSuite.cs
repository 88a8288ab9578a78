using Dapper;
using FlowQuota.Admission;
using FlowQuota.Drains;
using FlowQuota.Ledger;
using FlowQuota.Periods;
using FlowQuota.Tests.Apps;
using FlowQuota.Tests.Quotas;
using FlowQuota.Tests.Servers;
using FlowQuota.Usage;
using StackExchange.Redis;
using Xunit;

namespace FlowQuota.Tests.Usage;

/// <summary>Refused calls are counted once, by token, quarter of an hour and reason, and only they cost anything.</summary>
public abstract class RefusalSuite(Stores stores) : LedgerSuite(stores)
{
    private RefusalDrain Refusals => Domain.Get<RefusalDrain>();

    private RedisKey Key => Domain.Keyspace.Refusals(0);

    public override async Task InitializeAsync()
    {
        await base.InitializeAsync();
        await using var connection = await Stores.Sql.OpenAsync(default);
        await connection.ExecuteAsync("DELETE FROM usage_refusals");
    }

    [SuiteFact]
    public async Task A_refused_call_is_counted_by_its_reason_and_an_admitted_one_leaves_nothing()
    {
        var spent = await Domain.IssueAsync(2);
        var limited = await Domain.IssueAsync(null, token => token with { RateLimitPerMinute = 1 });
        await Domain.AdmitAsync(spent, cost: 2);
        await Domain.AdmitAsync(limited);
        Assert.False(await Redis.KeyExistsAsync(Key));

        var admissions = await Task.WhenAll(Enumerable.Range(0, 20).Select(n => Domain.AdmitAsync(n % 4 == 0 ? limited : spent, requestId: $"call-{n}")));
        // Looking takes nothing, so it is not refused.
        await Domain.AdmitAsync(spent, cost: 0);
        await Refusals.SweepAsync(default);

        Assert.All(admissions, admission => Assert.Contains(admission.Status, new[] { AdmissionStatus.Exhausted, AdmissionStatus.RateLimited }));
        Assert.Equal(new[] { (spent.Id, 15L, 0L), (limited.Id, 0L, 5L) }.Order(), (await StoredAsync()).Order());
        var all = Assert.Single(await AskAsync(UsageGrouping.None));
        Assert.Equal((0, 15, 5), (all.Calls, all.RefusedQuota, all.RefusedRate));
        Assert.Equal(15, Assert.Single(await AskAsync(UsageGrouping.Workspace, workspace: "ws", token: spent.Id)).RefusedQuota);
        Assert.Equal(5, Assert.Single(await AskAsync(UsageGrouping.Token | UsageGrouping.Meter), row => row.TokenId == limited.Id).RefusedRate);
        Assert.Empty(await AskAsync(UsageGrouping.None, meter: "image"));
    }

    [SuiteFact]
    public async Task Reservations_and_batches_that_are_refused_are_counted()
    {
        var holder = await Domain.IssueAsync(2);
        await Domain.Reservations.ReserveAsync(holder.Presented, 3, TimeSpan.FromMinutes(1), "", "reserve", null);
        await Domain.Ledger.AdmitAsync(holder.Presented, new Batch([new(1, "", null), new(5, "", null), new(7, "", null)], IsAtomic: true), "batch", null);
        await Refusals.SweepAsync(default);

        Assert.Equal([(holder.Id, 3L, 0L)], await StoredAsync());
    }

    [SuiteFact]
    public async Task A_drain_that_dies_after_its_write_or_runs_twice_at_once_counts_nothing_twice()
    {
        var holder = await Domain.IssueAsync(1);
        await Domain.AdmitAsync(holder);
        for (int round = 1; round <= 3; round++)
        {
            await Domain.AdmitAsync(holder, requestId: $"refused-{round}");
            await Task.WhenAll(Refusals.SweepAsync(default), Refusals.SweepAsync(default), Refusals.SweepAsync(default));
            Assert.Equal([(holder.Id, (long)round, 0L)], await StoredAsync());
        }

        // As if Redis had lost its last second.
        await Redis.HashDecrementAsync(Key, (await Redis.HashKeysAsync(Key)).Single());
        await Refusals.SweepAsync(default);
        Assert.Equal([(holder.Id, 3L, 0L)], await StoredAsync());
    }

    [SuiteFact]
    public async Task A_count_leaves_Redis_once_its_quarter_of_an_hour_is_long_over_and_SQL_has_it()
    {
        var holder = await Domain.IssueAsync(1);
        await Domain.AdmitAsync(holder);
        await Domain.AdmitAsync(holder);
        string present = (await Redis.HashKeysAsync(Key)).Single()!;
        long old = UnixTime.Of(QuarterHour.Of(DateTime.UtcNow.AddHours(-2)));
        await Redis.HashSetAsync(Key, [new($"{old} exhausted {holder.Id}", 7), new($"{old} rate {holder.Id}", 2), new("damaged", "x")]);

        await Refusals.SweepAsync(default);

        Assert.Equal(new[] { "damaged", present }.Order(), (await Redis.HashKeysAsync(Key)).Select(field => (string)field!).Order());
        Assert.Equal([(holder.Id, 1L, 0L), (holder.Id, 7L, 2L)], (await StoredAsync()).Order());
    }

    private Task<IReadOnlyList<UsageFigures>> AskAsync(UsageGrouping grouping, string? token = null, string? workspace = null, string? meter = null)
    {
        var end = DateTime.UtcNow.Date.AddDays(2);
        return Domain.Get<IUsageStore>().ReadAsync(
            new UsageQuery([new UsageSpan(end.AddDays(-3), end)], grouping, token, workspace, meter, 100), default);
    }

    private async Task<IReadOnlyList<(string Token, long Quota, long Rate)>> StoredAsync()
    {
        await using var connection = await Stores.Sql.OpenAsync(default);
        return [.. await connection.QueryAsync<(string, long, long)>("SELECT token, refused_quota, refused_rate FROM usage_refusals")];
    }
}
