using System.Diagnostics;
using FlowQuota.Sandbox.Protocol;
using Xunit;

namespace FlowQuota.Tests.Execution;

/// <summary>Whatever the code does, it ends as it must and in time, the process lives, and the next call is not slowed.</summary>
public sealed class HostileScriptTests(HostileScriptTests.Fixture fixture) : IClassFixture<HostileScriptTests.Fixture>
{
    // The limits may be late by a grace and a slow machine, never by a human's patience.
    private static readonly TimeSpan Slack = TimeSpan.FromSeconds(5);

    private static readonly RunLimits Limits = new() { Timeout = TimeSpan.FromSeconds(1), MaxMemoryBytes = 16 * 1024 * 1024 };

    private const string Probe = "return [1, 'a'].join('-')";

    private readonly TestSandbox _sandbox = fixture.Sandbox;

    public static TheoryData<string> Names { get; } = new(HostileScripts.All.Select(script => script.Name));

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Hostile_code_ends_as_it_must_and_the_next_call_is_normal(string name)
    {
        var (_, code, ends) = HostileScripts.All.Single(script => script.Name == name);
        var clock = Stopwatch.StartNew();

        var outcome = await _sandbox.RunAsync(code);

        Assert.True(clock.Elapsed < Limits.Timeout + Slack, $"took {clock.Elapsed}");
        var end = outcome is ExecutionOutcome.Failed failed ? failed.ErrorType : "Ok";
        Assert.True(ends.Split('|').Contains(end), $"ended as {outcome}");

        var next = await _sandbox.RunAsync(Probe);
        Assert.Equal("\"1-a\"", Outcomes.ResultOf(next));
    }

    [Fact]
    public async Task A_worker_inside_an_endless_built_in_function_gets_a_successor()
    {
        // BigInt arithmetic has no limit that is looked at on the way; these take seconds each.
        const string endless = "let x = 2n ** 900000n; for (;;) x = x * x";
        using var sandbox = new TestSandbox(Limits with { MaxMemoryBytes = 64 * 1024 * 1024 }, concurrency: 1);

        var outcome = await sandbox.RunAsync(endless);
        var next = await sandbox.RunAsync("return 1");

        Assert.Equal("TimeoutError", Assert.IsType<ExecutionOutcome.Failed>(outcome).ErrorType);
        Assert.Equal("1", Outcomes.ResultOf(next));
    }

    /// <summary>The workers of all these tests: hostile code of one must not show in another.</summary>
    public sealed class Fixture : IDisposable
    {
        public TestSandbox Sandbox { get; } = new(Limits);

        public void Dispose() => Sandbox.Dispose();
    }
}
