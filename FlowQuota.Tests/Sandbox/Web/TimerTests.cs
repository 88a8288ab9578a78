using System.Diagnostics;
using FlowQuota.Sandbox.Protocol;
using FlowQuota.Tests.Execution;
using Xunit;

namespace FlowQuota.Tests.Sandbox.Web;

/// <summary>Timers really wait, within the run's time, and an unhandled rejection is an error.</summary>
[Collection(SandboxCollection.Name)]
public sealed class TimerTests(TimerTests.Fixture fixture) : IClassFixture<TimerTests.Fixture>
{
    private readonly TestSandbox _sandbox = fixture.Sandbox;

    [Fact]
    public async Task The_run_ends_when_its_own_promise_settles()
    {
        var outcome = await _sandbox.RunAsync("setTimeout(() => console.log('late'), 1000); await new Promise(done => setTimeout(done, 50)); return 1");
        Assert.Equal("1", Outcomes.ResultOf(outcome));
        Assert.Empty(outcome.Logs);
        Assert.InRange(outcome.Duration.TotalMilliseconds, 49, 999);
    }

    [Theory]
    [InlineData("await new Promise(done => setTimeout(done, 60000))", "The code waits for a timer that is due after its 3000 ms")]
    [InlineData("await new Promise(() => {})", "The code waits for something that can never happen")]
    public async Task Waiting_in_vain_ends_at_once(string code, string message)
    {
        long started = Stopwatch.GetTimestamp();
        var failed = Assert.IsType<ExecutionOutcome.Failed>(await _sandbox.RunAsync(code));
        Assert.Equal((ErrorTypes.Timeout, message), (failed.ErrorType, failed.Message));
        Assert.True(Stopwatch.GetElapsedTime(started) < TimeSpan.FromSeconds(3));
    }

    [Theory]
    [InlineData("setInterval(() => {}, 1); await new Promise(() => {})")]
    [InlineData("setInterval(''.trim.bind('x'), 0); await new Promise(() => {})")]
    [InlineData("const again = () => setTimeout(again, 0); again(); await new Promise(() => {})")]
    [InlineData("const again = () => setImmediate(again); again(); await new Promise(() => {})")]
    [InlineData("const again = () => queueMicrotask(again); again(); await new Promise(() => {})")]
    [InlineData("setTimeout(() => { for (;;); }, 1); await new Promise(() => {})")]
    public async Task Timers_for_ever_end_at_the_limit(string code)
    {
        var failed = Assert.IsType<ExecutionOutcome.Failed>(await _sandbox.RunAsync(code));
        Assert.Contains(failed.ErrorType, new[] { ErrorTypes.Timeout, ErrorTypes.MemoryLimit });
        Assert.True(failed.Duration < TimeSpan.FromSeconds(20), $"{failed.Duration}");
    }

    [Theory]
    [InlineData("setTimeout(() => { throw new RangeError('boom') }, 1); await new Promise(() => {})", "RangeError: boom")]
    [InlineData("queueMicrotask(() => { throw new Error('micro') }); return 1", "Unhandled rejection: Error: micro")]
    [InlineData("Promise.reject(new TypeError('no')); return 1", "Unhandled rejection: TypeError: no")]
    [InlineData("(async () => { throw { a: 1 } })(); return 1", "Unhandled rejection: {\"a\":1}")]
    [InlineData("Promise.reject(5); await new Promise(() => {})", "Unhandled rejection: 5")]
    [InlineData("Promise.reject(5); throw new Error('mine')", "Error: mine")]
    public async Task Errors_that_nothing_handles_are_the_run_s(string code, string message)
    {
        var failed = Assert.IsType<ExecutionOutcome.Failed>(await _sandbox.RunAsync(code));
        Assert.Equal((ErrorTypes.Runtime, message), (failed.ErrorType, failed.Message));
    }

    [Theory]
    [InlineData("const p = Promise.reject(1); await new Promise(done => setTimeout(done, 5)); p.catch(() => {}); return 1")]
    [InlineData("await Promise.allSettled([Promise.reject(1)]); return 1")]
    [InlineData("try { await Promise.any([Promise.reject(1)]) } catch { } return 1")]
    [InlineData("await Promise.race([new Promise(done => setTimeout(done, 1)), new Promise((_, fail) => setTimeout(fail, 50))]); return 1")]
    public async Task A_rejection_that_is_handled_before_the_end_is_none(string code) =>
        Assert.Equal("1", Outcomes.ResultOf(await _sandbox.RunAsync(code)));

    /// <summary>Workers for all tests.</summary>
    public sealed class Fixture : IDisposable
    {
        public TestSandbox Sandbox { get; } = new(new RunLimits { Timeout = TimeSpan.FromSeconds(3) });

        public void Dispose() => Sandbox.Dispose();
    }
}
