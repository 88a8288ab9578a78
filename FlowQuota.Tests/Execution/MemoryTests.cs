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

    private async Task RunAsync(string[] scripts, int times)
    {
        for (var i = 0; i < times; i++)
        {
            foreach (var script in scripts)
                await _executor.ExecuteAsync(script, default, CancellationToken.None);
        }
    }
}
