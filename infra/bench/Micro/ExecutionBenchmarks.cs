using BenchmarkDotNet.Attributes;
using FlowQuota.Execution;

namespace FlowQuota.Micro;

/// <summary>One run of a caller's code, with everything that stands around it: thread, engine, limits, log, result.</summary>
public class ExecutionBenchmarks
{
    private readonly JintCodeExecutor _executor = new(new ExecutionLimits(), TimeProvider.System);

    /// <summary>The example of the README; its parsed script is in the cache, as it is for every call after the first.</summary>
    [Benchmark]
    public Task<ExecutionOutcome> RunHello() =>
        _executor.ExecuteAsync("console.log(\"Hello\")", ReadOnlyMemory<byte>.Empty, CancellationToken.None);

    /// <summary>Ends what the benchmark owns.</summary>
    [GlobalCleanup]
    public void CleanUp() => _executor.Dispose();
}
