using System.Diagnostics;
using FlowQuota.Execution;
using FlowQuota.Sandbox.Protocol;
using FlowQuota.Tests.Apps;
using FlowQuota.Tests.Crash;
using FlowQuota.Tests.Execution;
using Xunit;
using Xunit.Abstractions;

namespace FlowQuota.Tests.Sandbox.Hostile;

/// <summary>
/// Invariant 13 over generated scripts: the response comes within the limit and the grace period, calls of another token are
/// served all the time, and at the end memory and processors are free again. A script that fails is printed and shrunk.
/// </summary>
[Collection(EmbeddedCrashCollection.Name)]
public sealed class GeneratedHostileScriptTests(ITestOutputHelper output)
{
    private const int AtOnce = 2;

    private static readonly RunLimits Limits = new() { Timeout = TimeSpan.FromMilliseconds(250), MaxMemoryBytes = 32 * 1024 * 1024 };

    // The grace of the pool, the time to remove a dead process, and the delay of a busy machine.
    private static readonly TimeSpan Slack = TimeSpan.FromSeconds(10);

    [Fact]
    public async Task Invariant13_Whatever_built_in_functions_are_made_to_call_one_another_the_house_stands()
    {
        int first = Rounds.GivenSeed ?? 19;
        int count = Rounds.Of(few: 500, many: 20_000);
        using var sandbox = new TestSandbox(Limits, concurrency: 4);
        bool isDone = false;
        var bystander = ServeAnotherAsync(sandbox, () => Volatile.Read(ref isDone));
        var ends = new Dictionary<string, int>();

        await Parallel.ForEachAsync(Enumerable.Range(0, count), new ParallelOptions { MaxDegreeOfParallelism = AtOnce }, async (i, _) =>
        {
            string script = new HostileGrammar(unchecked((first * 1_000_003) + i)).Script();
            string? end = await EndOfAsync(sandbox, script);
            if (end is null)
                Assert.Fail($"Seed {first}, script {i} has no good end. Shrunk:\n{await ShrinkAsync(sandbox, script)}");
            lock (ends)
                ends[end] = ends.GetValueOrDefault(end) + 1;
        });

        Volatile.Write(ref isDone, true);
        var served = await bystander;
        output.WriteLine($"Seed {first}: {string.Join(", ", ends.OrderBy(end => end.Key).Select(end => $"{end.Key} {end.Value}"))}; another token was served {served.Count} times, "
            + $"P95 {served[(int)(served.Count * 0.95)].TotalMilliseconds:0.0} ms, worst {served[^1].TotalMilliseconds:0} ms");
        Assert.True(served.Count > 10, "another token was hardly served");
        Assert.True(served[^1] < Slack, $"another token waited {served[^1]}");
        await AssertRestAsync(sandbox);
    }

    /// <summary>The type of error or Ok; null if the response is late or of an unknown type.</summary>
    private static async Task<string?> EndOfAsync(TestSandbox sandbox, string script)
    {
        var clock = Stopwatch.StartNew();
        try
        {
            var outcome = await sandbox.RunAsync(script, "flow_hostile").WaitAsync(Limits.Timeout + Slack);
            string end = outcome is ExecutionOutcome.Failed failed ? failed.ErrorType : "Ok";
            return clock.Elapsed < Limits.Timeout + Slack
                && end is "Ok" or ErrorTypes.Syntax or ErrorTypes.Runtime or ErrorTypes.Timeout or ErrorTypes.MemoryLimit or ErrorTypes.Result ? end : null;
        }
        catch (Exception e) when (e is TimeoutException or SandboxUnavailableException)
        {
            return null;
        }
    }

    // Leaves out one line after the other as long as the rest still fails.
    private static async Task<string> ShrinkAsync(TestSandbox sandbox, string script)
    {
        var lines = script.Split('\n').ToList();
        for (int i = lines.Count - 1; i > 0; i--)
        {
            List<string> fewer = [.. lines[..i], .. lines[(i + 1)..]];
            if (await EndOfAsync(sandbox, string.Join('\n', fewer)) is null)
                lines = fewer;
        }

        return string.Join('\n', lines);
    }

    private static async Task<List<TimeSpan>> ServeAnotherAsync(TestSandbox sandbox, Func<bool> isDone)
    {
        List<TimeSpan> served = [];
        while (!isDone())
        {
            var clock = Stopwatch.StartNew();
            Assert.Equal("2", Outcomes.ResultOf(await sandbox.RunAsync("return 1 + 1", "flow_other")));
            served.Add(clock.Elapsed);
            await Task.Delay(20);
        }

        served.Sort();
        return served;
    }

    private static async Task AssertRestAsync(TestSandbox sandbox)
    {
        await Eventually.TrueAsync(() => sandbox.Pool.Health is { Busy: 0, Waiting: 0, Ready: > 0 } && sandbox.Slots.InUse == 0);
        foreach (int worker in sandbox.Pool.ProcessIds)
        {
            using var process = Process.GetProcessById(worker);
            Assert.InRange(process.WorkingSet64, 1, 250L << 20);
            // A young worker may still be compiling.
            await Eventually.TrueAsync(async () =>
            {
                var used = process.TotalProcessorTime;
                await Task.Delay(200);
                process.Refresh();
                return process.TotalProcessorTime - used <= TimeSpan.FromMilliseconds(20);
            });
        }
    }
}
