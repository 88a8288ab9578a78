using System.Diagnostics;
using FlowQuota.Sandbox.Protocol;
using FlowQuota.Tests.Apps;
using Xunit;

namespace FlowQuota.Tests.Execution;

/// <summary>Whatever the code does, it ends as expected and in time, the process survives, and the next call is not slowed.</summary>
[Collection(SandboxCollection.Name)]
public sealed class HostileScriptTests(HostileScriptTests.Fixture fixture) : IClassFixture<HostileScriptTests.Fixture>
{
    // The limits may be late by a grace period and a slow machine's delay.
    private static readonly TimeSpan Slack = TimeSpan.FromSeconds(15);

    private static readonly RunLimits Limits = new() { Timeout = TimeSpan.FromMilliseconds(250), MaxMemoryBytes = 16 * 1024 * 1024 };

    // For code that ends by itself: a second may pass before a busy machine has run its first line.
    private static readonly TimeSpan Patient = TimeSpan.FromSeconds(30);

    private const string Probe = "return [1, 'a'].join('-')";

    public static TheoryData<string> Names { get; } = new(HostileScripts.All.Select(script => script.Name));

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Hostile_code_ends_as_it_must_and_the_next_call_is_normal(string name)
    {
        var (_, code, ends) = HostileScripts.All.Single(script => script.Name == name);
        bool endsByItself = !ends.Contains("TimeoutError", StringComparison.Ordinal);
        var sandbox = endsByItself ? fixture.Patient : fixture.Impatient;
        var clock = Stopwatch.StartNew();

        var outcome = await sandbox.RunAsync(code);

        Assert.True(clock.Elapsed < sandbox.Limits.Run.Timeout + Slack, $"took {clock.Elapsed}");
        string end = outcome is ExecutionOutcome.Failed failed ? failed.ErrorType : "Ok";
        Assert.True(ends.Split('|').Contains(end), $"ended as {outcome}");

        // A successor of a killed worker may take a second of a busy machine to start.
        var next = outcome;
        await Eventually.TrueAsync(async () => (next = await sandbox.RunAsync(Probe)) is ExecutionOutcome.Succeeded);
        Assert.Equal("\"1-a\"", Outcomes.ResultOf(next));
    }

    [Fact]
    public async Task A_worker_inside_an_endless_built_in_function_gets_a_successor()
    {
        // BigInt arithmetic checks no limit; these take seconds each.
        const string endless = "let x = 2n ** 900000n; for (;;) x = x * x";
        using var sandbox = new TestSandbox(Limits with { MaxMemoryBytes = 64 * 1024 * 1024 }, concurrency: 1);

        var outcome = await sandbox.RunAsync(endless);
        var next = await sandbox.RunAsync("return 1");

        Assert.Equal("TimeoutError", Assert.IsType<ExecutionOutcome.Failed>(outcome).ErrorType);
        Assert.Equal("1", Outcomes.ResultOf(next));
    }

    /// <summary>The workers of all these tests: hostile code of one must not affect another.</summary>
    public sealed class Fixture : IDisposable
    {
        public TestSandbox Impatient { get; } = new(Limits);

        public TestSandbox Patient { get; } = new(Limits with { Timeout = HostileScriptTests.Patient });

        public void Dispose()
        {
            Impatient.Dispose();
            Patient.Dispose();
        }
    }
}
