using System.Text;
using FlowQuota.Admission;
using FlowQuota.Ledger;
using FlowQuota.Metering;
using FlowQuota.Sandbox.Protocol;
using FlowQuota.Tests.Apps;
using FlowQuota.Tests.Servers;
using FlowQuota.Tokens;
using Microsoft.Extensions.Hosting;
using StackExchange.Redis;
using Xunit;

namespace FlowQuota.Tests.Quotas;

/// <summary>Protects invariant 11, one key, one charge: calls that are repeated under a key, with and without code.</summary>
public abstract class IdempotencySuite(Stores stores) : LedgerSuite(stores)
{
    private const string Endless = "while (true) {}";

    public override async Task InitializeAsync()
    {
        await Stores.FlushRedisAsync();
        Domain = await Stores.StartAsync(null, ("EXECUTE_TIMEOUT_MS", "1500"), ("IDEMPOTENCY_MAX_RESULT_BYTES", "100"));
    }

    [SuiteFact]
    public async Task Invariant11_Two_hundred_sends_of_one_key_are_one_row_and_one_answer()
    {
        var holder = await Domain.IssueAsync(1000, token => token with { RateLimitPerMinute = 100 });
        await using var other = await Stores.StartAsync();

        var answers = await Task.WhenAll(Enumerable.Range(0, 200).Select(i => ConsumeAsync(i % 2 == 0 ? Domain : other, holder, "key", 3, $"send-{i}")));

        Assert.All(answers, answer => Assert.Equal((AdmissionStatus.Admitted, 997, 1000), (answer.Status, answer.Allowance!.Remaining, answer.Allowance.Total)));
        var first = Assert.Single(answers, answer => !answer.IsRepeat);
        Assert.Null(first.OriginalRequestId);
        Assert.Equal(99, (await Domain.AdmitAsync(holder, cost: 0)).Allowance!.Rate!.Remaining);
        var rows = await LedgerAsync(holder);
        Assert.Equal(["init", "consume"], rows.Select(row => row.Action));
        var stored = (await LogAsync(holder))[^1];
        Assert.Equal("key", stored.IdempotencyKey);
        Assert.All(answers.Where(answer => answer.IsRepeat), answer => Assert.Equal(stored.RequestId, answer.OriginalRequestId));
        Assert.Equal(997, await CounterAsync(holder));
    }

    [SuiteFact]
    public async Task Invariant11_A_key_costs_few_bytes_and_ends_by_itself()
    {
        var holder = await Domain.IssueAsync(100);
        await ConsumeAsync(Domain, holder, "key", 3, Guid.CreateVersion7().ToString());

        var key = await KeyAsync(holder);
        Assert.InRange(((string)(await Redis.StringGetAsync(key))!).Length, 80, 130);
        Assert.InRange((await Redis.KeyTimeToLiveAsync(key))!.Value.TotalHours, 23.9, 24);
    }

    [SuiteFact]
    public async Task Invariant11_A_key_with_another_request_takes_nothing()
    {
        var holder = await Domain.IssueAsync(10);
        await ConsumeAsync(Domain, holder, "key", 3);

        Assert.Equal(AdmissionStatus.Mismatch, (await ConsumeAsync(Domain, holder, "key", 4)).Status);

        Assert.Equal(7, await CounterAsync(holder));
        Assert.Equal(2, (await LedgerAsync(holder)).Count);
    }

    [SuiteFact]
    public async Task Invariant11_A_refused_call_is_not_remembered()
    {
        var holder = await Domain.IssueAsync(1);
        Assert.Equal(AdmissionStatus.Exhausted, (await ConsumeAsync(Domain, holder, "key", 3)).Status);
        await Domain.ChangeAsync(holder, new TokenChange { QuotaOperation = QuotaOperation.Add, QuotaAmount = 5 });

        var taken = await ConsumeAsync(Domain, holder, "key", 3);

        Assert.Equal((AdmissionStatus.Admitted, false, 3), (taken.Status, taken.IsRepeat, taken.Allowance!.Remaining));
        Assert.True((await ConsumeAsync(Domain, holder, "key", 3)).IsRepeat);
    }

    [SuiteFact]
    public async Task Invariant11_A_key_outlives_a_cold_token_and_the_instance_that_charged_it()
    {
        var holder = await Domain.IssueAsync(10);
        await using (var before = await Stores.StartAsync())
            await ConsumeAsync(before, holder, "key", 3, "first");
        await ConsumeAsync(Domain, holder, "another key", 2);
        await Domain.DrainAsync();
        await EvictAsync(holder);

        var repeat = await ConsumeAsync(Domain, holder, "key", 3);

        Assert.Equal((true, 7, "first"), (repeat.IsRepeat, repeat.Allowance!.Remaining, repeat.OriginalRequestId));
        Assert.Equal(5, await CounterAsync(holder));
        Assert.Equal(3, (await LedgerAsync(holder)).Count);
    }

    [SuiteFact]
    public async Task Invariant11_A_time_token_is_metered_once()
    {
        var holder = await Domain.IssueAsync(quota: null);
        await ConsumeAsync(Domain, holder, "key", 3);

        var repeat = await ConsumeAsync(Domain, holder, "key", 3);

        Assert.Equal((true, QuotaType.Time, null), (repeat.IsRepeat, repeat.Allowance!.Type, repeat.Allowance.Remaining));
        Assert.Equal(2, (await LedgerAsync(holder)).Count);
    }

    [SuiteFact]
    public async Task Invariant11_A_repeat_gets_the_result_of_the_code_and_runs_nothing()
    {
        var holder = await Domain.IssueAsync(10);
        var first = await RunAsync(Domain, holder, "console.log('once'); return { at: Math.random() }", "key", "first");
        await ConsumeAsync(Domain, holder, "other", 2);

        var repeat = await RunAsync(Domain, holder, "console.log('once'); return { at: Math.random() }", "key", "second");

        Assert.Equal((MeteredRunStatus.Completed, MeteredRunStatus.Replayed), (first.Status, repeat.Status));
        Assert.Equal(Text(first), Text(repeat));
        Assert.Equal(["once"], repeat.Outcome!.Logs);
        Assert.Equal((9, "first"), (repeat.Admission!.Allowance!.Remaining, repeat.Admission.OriginalRequestId));
        Assert.Equal(7, await CounterAsync(holder));
        Assert.Equal(AdmissionStatus.Mismatch, (await RunAsync(Domain, holder, "return 2", "key")).Admission!.Status);
    }

    [SuiteFact]
    public async Task Invariant11_The_failure_of_the_code_is_repeated_too()
    {
        var holder = await Domain.IssueAsync(10);
        var first = await RunAsync(Domain, holder, "throw new Error('no')", "key");
        var repeat = await RunAsync(Domain, holder, "throw new Error('no')", "key");

        Assert.Equal(MeteredRunStatus.Replayed, repeat.Status);
        Assert.Equal(Failure(first), Failure(repeat));
        Assert.Equal(9, await CounterAsync(holder));
    }

    [SuiteFact]
    public async Task A_result_that_is_too_long_is_not_kept()
    {
        var holder = await Domain.IssueAsync(10);
        await RunAsync(Domain, holder, "return 'x'.repeat(99)", "long");
        await RunAsync(Domain, holder, "return 'x'.repeat(98)", "short");

        var repeat = await RunAsync(Domain, holder, "return 'x'.repeat(99)", "long");
        Assert.Equal((MeteredRunStatus.Replayed, true, "null"), (repeat.Status, repeat.IsResultOmitted, Text(repeat)));
        repeat = await RunAsync(Domain, holder, "return 'x'.repeat(98)", "short");
        Assert.Equal((MeteredRunStatus.Replayed, false, 100), (repeat.Status, repeat.IsResultOmitted, Text(repeat).Length));
    }

    [SuiteFact]
    public async Task Invariant11_A_repeat_while_the_code_runs_is_told_so_and_a_caller_who_left_gets_the_result_later()
    {
        var holder = await Domain.IssueAsync(10);
        using var caller = new CancellationTokenSource();
        var running = RunAsync(Domain, holder, Endless, "key", cancelled: caller.Token);
        await Eventually.TrueAsync(async () => await CounterAsync(holder) == 9);
        await caller.CancelAsync();

        Assert.Equal(AdmissionStatus.InProgress, (await RunAsync(Domain, holder, Endless, "key")).Admission!.Status);

        Assert.Equal(MeteredRunStatus.Completed, (await running).Status);
        var repeat = await RunAsync(Domain, holder, Endless, "key");
        Assert.Equal((MeteredRunStatus.Replayed, "TimeoutError"), (repeat.Status, Assert.IsType<ExecutionOutcome.Failed>(repeat.Outcome).ErrorType));
        Assert.Equal([("init", null), ("consume", "TimeoutError")], (await LedgerAsync(holder)).Select(row => (row.Action, row.ErrorType)));
    }

    [SuiteFact]
    public async Task Invariant11_After_the_process_died_the_code_runs_again_for_the_same_charge()
    {
        var holder = await Domain.IssueAsync(10);
        // Charged, and no outcome ever: the process is dead.
        var admission = await Domain.Ledger.AdmitAsync(holder.Presented, 1, "first", key: RunKey("return 5", "key"));
        await Domain.DrainAsync();
        Assert.Equal(AdmissionStatus.InProgress, (await RunAsync(Domain, holder, "return 5", "key")).Admission!.Status);
        await LetRunDieAsync(holder);

        var again = await RunAsync(Domain, holder, "return 5", "key", "second");
        var repeat = await RunAsync(Domain, holder, "return 5", "key", "third");

        Assert.Equal((MeteredRunStatus.Completed, "5", "first", false),
            (again.Status, Text(again), again.Admission!.OriginalRequestId, again.Admission.IsRepeat));
        Assert.Equal(admission.Allowance!.Remaining, again.Admission.Allowance!.Remaining);
        Assert.Equal((MeteredRunStatus.Replayed, "5", "first"), (repeat.Status, Text(repeat), repeat.Admission!.OriginalRequestId));
        Assert.Equal([("init", null, 10), ("consume", true, 9)],
            (await LedgerAsync(holder)).Select(row => (row.Action, row.Success, row.After!.Value)));
        Assert.Equal(admission.Call!.RequestId, (await LogAsync(holder))[^1].RequestId);
    }

    [SuiteFact]
    public async Task Invariant11_Of_two_runs_under_one_key_the_first_result_is_everyones()
    {
        var holder = await Domain.IssueAsync(10);
        var slow = await Domain.Ledger.AdmitAsync(holder.Presented, 1, "first", key: RunKey("return Math.random()", "key"));
        await LetRunDieAsync(holder);
        var again = await RunAsync(Domain, holder, "return Math.random()", "key");

        var kept = await Domain.Ledger.KeepResultAsync(slow.Call!, KeptOutcome.Write(new ExecutionOutcome.Succeeded("1"u8.ToArray(), [], default), 100));

        Assert.Equal(Text(again), Encoding.UTF8.GetString(((ExecutionOutcome.Succeeded)KeptOutcome.Read(kept).Outcome).ResultJson.Span));
    }

    [SuiteFact]
    public async Task Invariant11_A_run_that_the_service_gives_up_is_given_back_and_its_key_forgotten()
    {
        await using var stopping = await Stores.StartAsync(null, ("EXECUTE_TIMEOUT_MS", "1500"));
        var holder = await stopping.IssueAsync(10);
        using var host = new CancellationTokenSource();
        var running = RunAsync(stopping, holder, Endless, "key", cancelled: host.Token);
        await Eventually.TrueAsync(async () => await CounterAsync(holder) == 9);
        stopping.Get<IHostApplicationLifetime>().StopApplication();
        await host.CancelAsync();

        Assert.Equal(MeteredRunStatus.HostStopped, (await running).Status);
        Assert.Equal(10, await CounterAsync(holder));
        Assert.Equal(MeteredRunStatus.Completed, (await RunAsync(Domain, holder, Endless, "key")).Status);
        Assert.Equal(["init", "consume", "refund", "consume"], (await LedgerAsync(holder)).Select(row => row.Action));
    }

    [SuiteFact]
    public async Task A_call_without_a_key_leaves_none()
    {
        var holder = await Domain.IssueAsync(10);
        await Domain.AdmitAsync(holder);
        await Domain.DrainAsync();
        Assert.Empty(await KeysAsync(holder));
        Assert.Null((await LogAsync(holder))[^1].IdempotencyKey);
    }

    private static Task<AdmissionResult> ConsumeAsync(TestDomain domain, TestHolder holder, string key, int cost, string requestId = "call") =>
        domain.Ledger.AdmitAsync(holder.Presented, cost, requestId, hasOutcome: false,
            IdempotencyKey.Of("consume", key, [(byte)cost]) with { Text = key });

    private static Task<MeteredRun> RunAsync(
        TestDomain domain, TestHolder holder, string code, string key, string requestId = "call", CancellationToken cancelled = default) =>
        domain.Get<MeteredExecution>().RunAsync(
            holder.Presented, Encoding.UTF8.GetBytes(code), ReadOnlyMemory<byte>.Empty, requestId, cancelled, cancelled, RunKey(code, key));

    private static IdempotencyKey RunKey(string code, string key) =>
        IdempotencyKey.Of("execute", key, Encoding.UTF8.GetBytes(code)) with { Text = key };

    private static string Text(MeteredRun run) => Encoding.UTF8.GetString(Assert.IsType<ExecutionOutcome.Succeeded>(run.Outcome).ResultJson.Span);

    private static (string, string, string?) Failure(MeteredRun run)
    {
        var failed = Assert.IsType<ExecutionOutcome.Failed>(run.Outcome);
        return (failed.ErrorType, failed.Message, failed.Stack);
    }

    /// <summary>Makes the run under the token's only key as old as one whose process is dead.</summary>
    private async Task LetRunDieAsync(TestHolder holder)
    {
        var key = await KeyAsync(holder);
        string[] words = ((string)(await Redis.StringGetAsync(key))!).Split(' ');
        words[1] = "1";
        await Redis.StringSetAsync(key, string.Join(' ', words), TimeSpan.FromMinutes(1));
    }

    private async Task<RedisKey> KeyAsync(TestHolder holder) => Assert.Single(await KeysAsync(holder));

    private async Task<IReadOnlyList<RedisKey>> KeysAsync(TestHolder holder)
    {
        List<RedisKey> keys = [];
        await foreach (var key in Redis.Multiplexer.GetServers()[0].KeysAsync(Redis.Database, $"idem:{holder.Id}:*"))
            keys.Add(key);
        return keys;
    }
}
