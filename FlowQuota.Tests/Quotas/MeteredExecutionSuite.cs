using FlowQuota.Metering;
using FlowQuota.Tests.Apps;
using FlowQuota.Tests.Servers;
using Xunit;

namespace FlowQuota.Tests.Quotas;

/// <summary>Protects calls that do not finish: whether they are charged, and that their outcome is written.</summary>
public abstract class MeteredExecutionSuite(Stores stores) : LedgerSuite(stores)
{
    [SuiteFact]
    public async Task Invariant9_A_run_that_the_host_gives_up_is_given_back()
    {
        var holder = await Domain.IssueAsync(10);
        using var host = new CancellationTokenSource();

        var running = RunForeverAsync(holder, host.Token, callerGone: default);
        await Eventually.TrueAsync(async () => await CounterAsync(holder) == 9);
        await host.CancelAsync();

        Assert.Equal(MeteredRunStatus.HostStopped, (await running).Status);
        Assert.Equal(10, await CounterAsync(holder));
        Assert.Equal([("init", null, null), ("consume", false, "ServiceStopped"), ("refund", null, null)],
            (await LedgerAsync(holder)).Select(row => (row.Action, row.Success, row.ErrorType)));
    }

    [SuiteFact]
    public async Task A_caller_who_goes_away_pays()
    {
        var holder = await Domain.IssueAsync(10);
        using var caller = new CancellationTokenSource();

        var running = RunForeverAsync(holder, caller.Token, caller.Token);
        await Eventually.TrueAsync(async () => await CounterAsync(holder) == 9);
        await caller.CancelAsync();

        Assert.Equal(MeteredRunStatus.CallerGone, (await running).Status);
        Assert.Equal(9, await CounterAsync(holder));
        Assert.Equal([("init", null, null), ("consume", false, "CallerGone")],
            (await LedgerAsync(holder)).Select(row => (row.Action, row.Success, row.ErrorType)));
    }

    [SuiteFact]
    public async Task Invariant6_A_call_that_ends_after_the_services_were_told_to_stop_has_its_outcome_written()
    {
        var holder = await Domain.IssueAsync(10);
        var admission = await Domain.AdmitAsync(holder);

        await Domain.StopAsync();
        await Domain.Outcomes.WriteAsync(admission.Call!, success: true);
        await Domain.DisposeAsync();

        await using var next = await Stores.StartAsync();
        await next.DrainAsync();
        Assert.True((await StoredLedger.ReadWholeAsync(Stores.Sql, holder.Id))[^1].Success);
    }

    private Task<MeteredRun> RunForeverAsync(TestHolder holder, CancellationToken cancelled, CancellationToken callerGone) =>
        Domain.Get<MeteredExecution>().RunAsync(holder.Presented, "while (true) {}"u8.ToArray(), ReadOnlyMemory<byte>.Empty, "call", cancelled, callerGone);
}
