using System.Diagnostics;
using FlowQuota.Execution;
using Xunit;

namespace FlowQuota.Tests.Execution;

/// <summary>Whatever the code does, it ends as it must and in time, the process lives, and the next call is not slowed.</summary>
[Collection(MemoryCollection.Name)]
public sealed class HostileScriptTests : IAsyncLifetime, IDisposable
{
    // The limits may be late by a grace and a slow machine, never by a human's patience.
    private static readonly TimeSpan Slack = TimeSpan.FromSeconds(5);

    private static readonly ExecutionLimits Limits = new()
    {
        Timeout = TimeSpan.FromMilliseconds(300),
        MaxMemoryBytes = 16 * 1024 * 1024,
        MaxConcurrency = 2,
    };

    // Run once beforehand too: the first run of a process is compiled as it goes, which takes its time.
    private const string Probe = "return [1, 'a'].join('-')";

    private readonly JintCodeExecutor _executor = new(Limits, null);

    public static TheoryData<string> Names { get; } = new(HostileScripts.All.Select(script => script.Name));

    public Task InitializeAsync() => _executor.ExecuteAsync(Probe, default, CancellationToken.None);

    public Task DisposeAsync() => Task.CompletedTask;

    public void Dispose() => _executor.Dispose();

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Hostile_code_ends_as_it_must_and_the_next_call_is_normal(string name)
    {
        var (_, code, ends) = HostileScripts.All.Single(script => script.Name == name);
        var clock = Stopwatch.StartNew();

        var outcome = await _executor.ExecuteAsync(code, default, CancellationToken.None);

        Assert.True(clock.Elapsed < Limits.Timeout + Slack, $"took {clock.Elapsed}");
        var end = outcome is ExecutionOutcome.Failed failed ? failed.ErrorType : "Ok";
        Assert.True(ends.Split('|').Contains(end), $"ended as {outcome}");

        var next = await _executor.ExecuteAsync(Probe, default, CancellationToken.None);
        Assert.Equal("\"1-a\"", Outcomes.ResultOf(next));
    }

    [Fact]
    public async Task A_thread_inside_an_endless_native_call_gets_a_successor()
    {
        // BigInt arithmetic has no limit that is looked at on the way; these take seconds each.
        const string endless = "let x = 2n ** 900000n; for (;;) x = x * x";
        var limits = Limits with { MaxConcurrency = 1, MaxMemoryBytes = 64 * 1024 * 1024 };
        using var executor = new JintCodeExecutor(limits, null);

        var outcome = await executor.ExecuteAsync(endless, default, CancellationToken.None);
        var next = await executor.ExecuteAsync("return 1", default, CancellationToken.None);

        Assert.Equal("TimeoutError", Assert.IsType<ExecutionOutcome.Failed>(outcome).ErrorType);
        Assert.Equal("1", Outcomes.ResultOf(next));
    }
}
