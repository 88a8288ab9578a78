using FlowQuota.Execution;
using Xunit;

namespace FlowQuota.Tests.Execution;

/// <summary>Whatever the code does, what it took is given back.</summary>
[Collection(MemoryCollection.Name)]
public sealed class MemoryTests : IDisposable
{
    private static readonly ExecutionLimits Limits = new()
    {
        Timeout = TimeSpan.FromMilliseconds(300),
        MaxMemoryBytes = 16 * 1024 * 1024,
        MaxConcurrency = 2,
    };

    private readonly JintCodeExecutor _executor = new(Limits, null);

    public void Dispose() => _executor.Dispose();

    [Fact]
    public async Task Memory_is_given_back_after_hostile_code()
    {
        string[] hogs = ["let s = 'a'; for (;;) s += s", "const a = []; for (;;) a.push({})", "return 'ab'.repeat(2 ** 27)"];
        await RunAsync(hogs, 2);
        var before = GC.GetTotalMemory(forceFullCollection: true);

        await RunAsync(hogs, 10);

        var after = GC.GetTotalMemory(forceFullCollection: true);
        Assert.True(after - before < Limits.MaxMemoryBytes, $"{before} bytes before, {after} after");
    }

    [Fact]
    public async Task Memory_that_code_lets_go_of_does_not_count()
    {
        const string garbage = "let n = 0; for (let i = 0; i < 2000; i++) n += new Uint8Array(1e5).length; return n";
        using var executor = new JintCodeExecutor(Limits with { Timeout = TimeSpan.FromMinutes(1) }, null);

        var outcome = await executor.ExecuteAsync(garbage, default, CancellationToken.None);

        Assert.Equal("200000000", Outcomes.ResultOf(outcome));
    }

    [Fact]
    public async Task Memory_that_code_holds_counts_however_much_garbage_it_makes_beside()
    {
        const string hoard = "const a = []; for (let i = 0; ; i++) { new Uint8Array(1e5); if (i % 10 === 0) a.push(new Uint8Array(1e5)) }";
        using var executor = new JintCodeExecutor(Limits with { Timeout = TimeSpan.FromMinutes(1) }, null);
        for (var i = 0; i < 3; i++)
        {
            var before = GC.GetTotalMemory(forceFullCollection: true);
            var outcome = await executor.ExecuteAsync(hoard, default, CancellationToken.None);

            Assert.Equal("MemoryLimitError", Assert.IsType<ExecutionOutcome.Failed>(outcome).ErrorType);
            Assert.InRange(GC.GetTotalMemory(forceFullCollection: true) - before, long.MinValue, Limits.MaxMemoryBytes / 4);
        }
    }

    private async Task RunAsync(string[] scripts, int times)
    {
        for (var i = 0; i < times; i++)
        {
            foreach (var script in scripts)
                await _executor.ExecuteAsync(script, default, CancellationToken.None);
        }
    }
}
