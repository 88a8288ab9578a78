using System.Diagnostics;
using FlowQuota.Sandbox.Protocol;
using FlowQuota.Tests.Apps;
using Xunit;

namespace FlowQuota.Tests.Execution;

/// <summary>
/// Invariant 13: code cannot hurt the service. Whatever a run does to its process, and whatever kills the processes, every
/// call has its true outcome and the next call is served.
/// </summary>
[Collection(SandboxCollection.Name)]
public sealed class SandboxPoolTests(SandboxPoolTests.Fixture fixture) : IClassFixture<SandboxPoolTests.Fixture>
{
    // A process that dies of a stack overflow takes seconds to say so, many on a busy machine.
    private static readonly RunLimits Limits = new() { Timeout = TimeSpan.FromMinutes(2) };

    [Theory]
    [InlineData("return ''+{toString:''.trim}", "RuntimeError")]
    [InlineData("const o={};o.toLocaleString=o.toString=Object.prototype.toLocaleString;return ''+o", "RuntimeError")]
    [InlineData("const e=new Error;e.toString=0;Object.defineProperty(e,'name',{get:Error.prototype.toString.bind(e)});return e.name", "RuntimeError")]
    [InlineData("const o={};o.toISOString=Date.prototype.toJSON;return o.toISOString()", "RuntimeError")]
    [InlineData("const r=/a/;r.exec=r.test;return r.test('a')", "RuntimeError")]
    [InlineData("const o={[Symbol.iterator]:()=>({next:Object})};return await Promise.all(o)", "MemoryLimitError")]
    [InlineData("'a'.repeat(2000).replaceAll('a',''.trim.bind('x'.repeat(1e6)))", "MemoryLimitError")]
    [InlineData("return 'a'.repeat(2e7).match(/a/g)", "MemoryLimitError|TimeoutError")]
    [InlineData("return 'x'.repeat(1e9)", "MemoryLimitError")]
    [InlineData("const o={};Object.defineProperty(o,'x',{get:Reflect.get.bind(null,o,'x')});o.x", "RuntimeError")]
    [InlineData("const o={},p=new Proxy(o,{});Object.setPrototypeOf(o,p);return o instanceof Array", "TimeoutError")]
    [InlineData("function*g(){yield*g()}for(const x of g());", "RuntimeError")]
    public async Task Invariant13_Code_that_ends_its_process_is_answered_and_the_next_call_runs(string code, string errorType)
    {
        var sandbox = errorType == "TimeoutError" ? fixture.Impatient : fixture.Patient;

        for (int i = 0; i < Rounds.Of(few: 1, many: 5); i++)
        {
            Assert.Contains(Assert.IsType<ExecutionOutcome.Failed>(await sandbox.RunAsync(code)).ErrorType, errorType.Split('|'));
            Assert.Equal("1", Outcomes.ResultOf(await sandbox.RunAsync("return 1", "flow_other")));
        }
    }

    [Fact]
    public async Task Invariant13_A_run_behind_a_dead_one_runs_elsewhere()
    {
        using var sandbox = new TestSandbox(Limits, concurrency: 4);
        await sandbox.RunAsync("return 1");

        var runs = Enumerable.Range(0, 100).Select(i => i % 20 == 7
            ? sandbox.RunAsync("return ''+{toString:''.trim}", "flow_hostile")
            : sandbox.RunAsync("return input", $"flow_{i % 3}", $"{i}"));
        var outcomes = await Task.WhenAll(runs);

        for (int i = 0; i < outcomes.Length; i++)
            Assert.Equal(i % 20 == 7 ? "RuntimeError" : $"{i}", outcomes[i] is ExecutionOutcome.Failed failed ? failed.ErrorType : Outcomes.ResultOf(outcomes[i]));
        Assert.Contains("flow_hostile", Assert.Single(sandbox.Log.Lines, line => line.Contains("sandbox workers ended", StringComparison.Ordinal)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Invariant13_Workers_that_are_killed_under_load_cost_no_call_its_outcome()
    {
        const string code = "let n = 0; for (let i = 0; i < 2000; i++) n += i; return input";
        using var sandbox = new TestSandbox(Limits, concurrency: 4);

        for (int round = 0; round < Rounds.Of(few: 3, many: 30); round++)
        {
            // All are ready, so that no run is killed twice.
            await Task.WhenAll(Enumerable.Range(0, 8).Select(i => sandbox.RunAsync(code, $"flow_{i}")));
            await Eventually.TrueAsync(() => sandbox.Pool.Health.Ready > 1);
            var runs = Enumerable.Range(0, 100).Select(i => sandbox.RunAsync(code, $"flow_{i % 5}", $"{i}")).ToList();
            foreach (int worker in sandbox.Pool.ProcessIds)
                SandboxProcesses.Kill(worker);

            Assert.Equal(Enumerable.Range(0, 100).Select(i => $"{i}"), (await Task.WhenAll(runs)).Select(Outcomes.ResultOf));
        }
    }

    [Fact]
    public async Task A_worker_has_no_environment_and_nothing_stays_of_its_folder()
    {
        using var sandbox = new TestSandbox(Limits, concurrency: 1);
        await sandbox.RunAsync("return 1");
        int worker = sandbox.Pool.ProcessIds[0];

        Assert.All(SandboxProcesses.EnvironmentOf(worker), variable => Assert.StartsWith("DOTNET_", variable, StringComparison.Ordinal));
        Assert.EndsWith(" (deleted)", File.ResolveLinkTarget($"/proc/{worker}/cwd", returnFinalTarget: false)!.FullName, StringComparison.Ordinal);
    }

    [Fact]
    public async Task No_worker_outlives_its_pool()
    {
        var sandbox = new TestSandbox(Limits, concurrency: 2);
        await sandbox.RunAsync("return 1");
        var workers = sandbox.Pool.ProcessIds;
        Assert.NotEmpty(workers);

        sandbox.Dispose();

        await Eventually.TrueAsync(() => !workers.Any(SandboxProcesses.IsWorker));
    }

    [Fact]
    public async Task A_tokens_long_runs_leave_workers_to_others()
    {
        using var sandbox = new TestSandbox(Limits with { Timeout = TimeSpan.FromSeconds(2), MaxStatements = int.MaxValue }, concurrency: 4);
        await sandbox.RunAsync("return 1");
        var greedy = Enumerable.Range(0, 8).Select(_ => sandbox.RunAsync("for(;;);", "flow_greedy")).ToList();
        await Eventually.TrueAsync(() => sandbox.Slots.InUse == 2);

        for (int i = 0; i < 20; i++)
        {
            var clock = Stopwatch.StartNew();
            Assert.Equal("1", Outcomes.ResultOf(await sandbox.RunAsync("return 1", "flow_other")));
            Assert.True(clock.Elapsed < TimeSpan.FromSeconds(2), $"waited {clock.Elapsed} behind another token's runs");
        }

        Assert.All(await Task.WhenAll(greedy), outcome => Assert.Equal("TimeoutError", ((ExecutionOutcome.Failed)outcome).ErrorType));
    }

    [Fact]
    public async Task Large_code_input_results_and_logs_pass_both_pipes_at_once()
    {
        using var sandbox = new TestSandbox(Limits with { MaxResultBytes = 4 << 20 }, concurrency: 2);
        string input = "\"" + new string('x', 2_000_000) + "\"";
        string code = $"/*{new string('y', 60_000)}*/ for (let i = 0; i < 100; i++) console.log('z'.repeat(8000)); return input";

        var outcomes = await Task.WhenAll(Enumerable.Range(0, 40).Select(i => i % 2 == 0
            ? sandbox.RunAsync(code, $"flow_{i % 3}", input) : sandbox.RunAsync("return input", $"flow_{i % 3}", $"{i}")));

        for (int i = 0; i < outcomes.Length; i++)
            Assert.Equal(i % 2 == 0 ? input : $"{i}", Outcomes.ResultOf(outcomes[i]));
    }

    /// <summary>The workers of code that ends its process.</summary>
    public sealed class Fixture : IDisposable
    {
        public TestSandbox Impatient { get; } = new(Limits with { Timeout = TimeSpan.FromMilliseconds(500) });

        // On a busy machine the other limits are reached later.
        public TestSandbox Patient { get; } = new(Limits);

        public void Dispose()
        {
            Impatient.Dispose();
            Patient.Dispose();
        }
    }
}
