using FlowQuota.Admission;
using FlowQuota.Tests.Apps;
using FlowQuota.Tests.Servers;
using FlowQuota.Tokens;
using StackExchange.Redis;
using Xunit;

namespace FlowQuota.Tests.Quotas;

/// <summary>
/// Protects calls that arrive together and share a run of the admission script (invariants 1, 2, 3 and 9): each is decided
/// as if it had come alone, in the order in which they came, and none is charged for another.
/// </summary>
public abstract class AdmissionBatcherSuite(Stores stores) : LedgerSuite(stores)
{
    [SuiteFact]
    public async Task Invariant1_Calls_that_come_together_are_decided_in_their_order_and_stop_where_the_quota_ends()
    {
        var holder = await Domain.IssueAsync(150);

        var admissions = await Task.WhenAll(Enumerable.Range(1, 100).Select(i => Domain.AdmitAsync(holder, cost: 2, $"call-{i}")));

        Assert.All(admissions.Take(75), admission => Assert.Equal(AdmissionStatus.Admitted, admission.Status));
        Assert.All(admissions.Skip(75), admission => Assert.Equal(AdmissionStatus.Exhausted, admission.Status));
        Assert.Equal(Enumerable.Range(1, 75).Select(i => (int?)(150 - (2 * i))), admissions.Take(75).Select(admission => admission.Allowance!.Remaining));
        Assert.Equal(0, await CounterAsync(holder));
        var calls = (await LedgerAsync(holder)).Skip(1).ToList();
        Assert.Equal(Enumerable.Range(1, 75).Select(i => ($"call-{i}", (long)i + 1, -2, (int?)(150 - (2 * i)))),
            calls.Select(row => (row.RequestId, row.Seq, row.Change, row.After)));
    }

    [SuiteFact]
    public async Task Each_call_has_its_own_event_for_its_outcome()
    {
        var holder = await Domain.IssueAsync(100);

        var admissions = await Task.WhenAll(Enumerable.Range(0, 40).Select(i => Domain.Ledger.AdmitAsync(holder.Presented, 1, $"call-{i}", hasOutcome: i % 2 == 0)));

        for (int i = 0; i < admissions.Length; i++)
        {
            if (i % 2 == 0)
                Assert.Contains($"\"request_id\":\"call-{i}\"", admissions[i].Call!.Event, StringComparison.Ordinal);
            else
                Assert.Null(admissions[i].Call);
        }
    }

    [SuiteFact]
    public async Task Calls_of_several_tokens_share_a_run_and_nothing_else()
    {
        var full = await Domain.IssueAsync(100);
        var short3 = await Domain.IssueAsync(3);
        var timed = await Domain.IssueAsync(quota: null);
        var limited = await Domain.IssueAsync(100, token => token with { RateLimitPerMinute = 4 });
        var burst = await Domain.IssueAsync(100, token => token with { RateLimitBurst = 5 });
        var disabled = await Domain.IssueAsync(100);
        await Domain.ChangeAsync(disabled, new TokenChange { IsActive = false });
        var cold = await Domain.IssueAsync(100);
        await EvictAsync(cold);
        var thief = full.Presented with { SecretHash = new string('0', 64) };
        TestHolder[] holders = [full, short3, timed, limited, burst, disabled, cold];

        var admissions = holders.ToDictionary(holder => holder, _ => new List<Task<AdmissionResult>>());
        var thefts = new List<Task<AdmissionResult>>();
        for (int round = 0; round < 10; round++)
        {
            foreach (var holder in holders)
                admissions[holder].Add(Domain.AdmitAsync(holder, requestId: $"round-{round}"));
            thefts.Add(Domain.Ledger.AdmitAsync(thief, 1, $"theft-{round}"));
        }

        foreach (var (holder, admitted, refusal) in new (TestHolder, int, AdmissionStatus)[]
        {
            (full, 10, default), (short3, 3, AdmissionStatus.Exhausted), (timed, 10, default), (limited, 4, AdmissionStatus.RateLimited),
            (burst, 5, AdmissionStatus.RateLimited), (disabled, 0, AdmissionStatus.Disabled), (cold, 10, default),
        })
        {
            var statuses = (await Task.WhenAll(admissions[holder])).Select(admission => admission.Status).ToList();
            Assert.Equal(admitted, statuses.Count(status => status == AdmissionStatus.Admitted));
            Assert.All(statuses.Where(status => status != AdmissionStatus.Admitted), status => Assert.Equal(refusal, status));
            Assert.Equal(admitted, (await LedgerAsync(holder)).Count(row => row.Action == "consume"));
        }

        Assert.All(await Task.WhenAll(thefts), theft => Assert.Equal(new AdmissionResult(AdmissionStatus.Unknown), theft));
        Assert.Equal(90, await CounterAsync(full));
    }

    [SuiteFact]
    public async Task A_rate_limit_counts_the_calls_before_in_the_same_run()
    {
        var holder = await Domain.IssueAsync(100, token => token with { RateLimitPerMinute = 10 });

        var admissions = await Task.WhenAll(Enumerable.Range(0, 30).Select(_ => Domain.AdmitAsync(holder)));

        Assert.Equal(Enumerable.Range(0, 10).Reverse(), admissions.Take(10).Select(admission => admission.Allowance!.Rate!.Remaining));
        Assert.All(admissions.Skip(10), refused =>
        {
            Assert.Equal((AdmissionStatus.RateLimited, 0), (refused.Status, refused.Allowance!.Rate!.Remaining));
            Assert.InRange(refused.RetryAfterSeconds, 1, 60);
        });
        Assert.Equal(90, await CounterAsync(holder));
    }

    [SuiteFact]
    public async Task Invariant9_A_backlog_that_is_full_halfway_through_a_run_refuses_the_rest_and_they_cost_nothing()
    {
        await using var instance = await Stores.StartAsync(null, ("QUOTA_QUEUE_CAP", "1"));
        var holder = await instance.IssueAsync(1000);

        var admissions = await Task.WhenAll(Enumerable.Range(0, 150).Select(_ => instance.AdmitAsync(holder)));

        Assert.All(admissions.Take(100), admission => Assert.Equal(AdmissionStatus.Admitted, admission.Status));
        Assert.All(admissions.Skip(100), admission => Assert.Equal(AdmissionStatus.Backlogged, admission.Status));
        Assert.Equal((900, 100L), (await CounterAsync(holder), await EventsAsync()));
        Assert.Equal("1:101:900:1000", await WaitingAsync(holder));
    }

    [SuiteFact]
    public async Task A_token_whose_keys_are_damaged_fails_alone()
    {
        var holder = await Domain.IssueAsync(100);
        var damaged = await Domain.IssueAsync(100);
        await Redis.HashSetAsync(Domain.Keyspace.Token(damaged.Id), "loaded", "no time");

        var sound = new List<Task<AdmissionResult>>();
        var failing = new List<Task<AdmissionResult>>();
        for (int i = 0; i < 20; i++)
        {
            sound.Add(Domain.AdmitAsync(holder));
            failing.Add(Domain.AdmitAsync(damaged));
        }

        Assert.All(await Task.WhenAll(sound), admission => Assert.Equal(AdmissionStatus.Admitted, admission.Status));
        foreach (var call in failing)
            await Assert.ThrowsAsync<RedisServerException>(() => call);
        Assert.Equal((80, 100, 20L), (await CounterAsync(holder), await CounterAsync(damaged), await EventsAsync()));
        Assert.Equal(20, (await LedgerAsync(holder)).Count(row => row.Action == "consume"));
    }
}
