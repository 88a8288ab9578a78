using FlowQuota.Admission;
using FlowQuota.Ledger;
using FlowQuota.Tests.Apps;
using FlowQuota.Tests.Servers;
using FlowQuota.Tokens;
using Xunit;

namespace FlowQuota.Tests.Quotas;

/// <summary>Protects admissions that report whose token it is, and those that are charged once under a key, alone and in one run with others.</summary>
public abstract class AuthorizeSuite(Stores stores) : LedgerSuite(stores)
{
    [SuiteFact]
    public async Task It_decides_and_takes_as_an_admission_does_and_reports_the_workspace()
    {
        var holder = await Domain.IssueAsync(3, token => token with { WorkspaceId = "a \"b\" \\ 队" });
        foreach (int cost in new[] { 0, 2, 0, 1 })
        {
            var admission = await Domain.Ledger.AuthorizeAsync(holder.Presented, cost, "call", key: null);
            Assert.Equal((AdmissionStatus.Admitted, "a \"b\" \\ 队", false), (admission.Status, admission.WorkspaceId, admission.IsRepeat));
            Assert.Null(admission.Call);
        }

        var refused = await Domain.Ledger.AuthorizeAsync(holder.Presented, 1, "call", key: null);
        Assert.Equal((AdmissionStatus.Exhausted, null), (refused.Status, refused.WorkspaceId));
        Assert.Equal([3, 1, 0], (await LedgerAsync(holder)).Select(row => row.After));
    }

    [SuiteFact]
    public async Task Calls_of_all_kinds_share_a_run_and_each_is_decided_in_its_turn()
    {
        var one = await Domain.IssueAsync(1000, token => token with { WorkspaceId = "one" });
        var other = await Domain.IssueAsync(1000, token => token with { WorkspaceId = "other" });
        var calls = new List<Task<AdmissionResult>>();
        for (int round = 0; round < 30; round++)
        {
            foreach (var holder in new[] { one, other })
            {
                calls.Add(Domain.Ledger.AuthorizeAsync(holder.Presented, 2, $"call-{round}", Key($"{round % 10}")));
                calls.Add(Domain.AdmitAsync(holder, cost: 1, $"plain-{round}"));
                calls.Add(Domain.Ledger.AuthorizeAsync(holder.Presented, 1, $"owner-{round}", key: null));
                calls.Add(Domain.Ledger.AuthorizeAsync(holder.Presented, 0, $"look-{round}", Key($"{round % 10}")));
            }
        }

        var admissions = await Task.WhenAll(calls);

        Assert.All(admissions, admission => Assert.Equal(AdmissionStatus.Admitted, admission.Status));
        for (int i = 0; i < admissions.Length; i++)
        {
            bool isPlain = i % 4 == 1;
            Assert.Equal(isPlain ? null : i / 4 % 2 == 0 ? "one" : "other", admissions[i].WorkspaceId);
            Assert.Equal(isPlain, admissions[i].Call is not null);
            Assert.Equal(i % 4 == 0 && i / 8 >= 10, admissions[i].IsRepeat);
        }

        foreach (var holder in new[] { one, other })
        {
            // 10 keys of 2, 30 plain, 30 with their owner.
            Assert.Equal(1000 - 20 - 60, await CounterAsync(holder));
            var rows = await LedgerAsync(holder);
            Assert.Equal(1 + 70, rows.Count);
            Assert.Equal(Enumerable.Range(1, 71).Select(i => (long)i), rows.Select(row => row.Seq));
        }
    }

    [SuiteFact]
    public async Task A_repeat_takes_nothing_whatever_is_spent_by_then()
    {
        var holder = await Domain.IssueAsync(2, token => token with { RateLimitPerMinute = 1 });
        Assert.False((await AuthorizeAsync(holder, "key")).IsRepeat);
        Assert.Equal(AdmissionStatus.RateLimited, (await AuthorizeAsync(holder, "another key")).Status);

        var repeat = await AuthorizeAsync(holder, "key");

        Assert.Equal((AdmissionStatus.Admitted, true, 0, 0), (repeat.Status, repeat.IsRepeat, repeat.Allowance!.Remaining, repeat.Allowance.Rate!.Remaining));
        Assert.Equal(0, await CounterAsync(holder));
        Assert.Equal(2, (await LedgerAsync(holder)).Count);
    }

    [SuiteFact]
    public async Task A_refused_attempt_leaves_no_key()
    {
        var holder = await Domain.IssueAsync(1);
        Assert.Equal(AdmissionStatus.Exhausted, (await AuthorizeAsync(holder, "key")).Status);
        await Domain.ChangeAsync(holder, new TokenChange { QuotaOperation = QuotaOperation.Add, QuotaAmount = 5 });

        Assert.False((await AuthorizeAsync(holder, "key")).IsRepeat);
        Assert.True((await AuthorizeAsync(holder, "key")).IsRepeat);
        Assert.Equal(4, await CounterAsync(holder));
    }

    [SuiteFact]
    public async Task A_token_that_is_cold_between_two_attempts_is_charged_once()
    {
        var holder = await Domain.IssueAsync(10);
        Assert.False((await AuthorizeAsync(holder, "key")).IsRepeat);
        await Domain.DrainAsync();
        await EvictAsync(holder);

        Assert.True((await AuthorizeAsync(holder, "key")).IsRepeat);
        Assert.Equal(8, await CounterAsync(holder));
    }

    private Task<AdmissionResult> AuthorizeAsync(TestHolder holder, string key) => Domain.Ledger.AuthorizeAsync(holder.Presented, 2, "call", Key(key));

    private static IdempotencyKey Key(string key) => IdempotencyKey.Of("test", key, []);
}
