using BenchmarkDotNet.Attributes;
using FlowQuota.Sandbox.Protocol;
using FlowQuota.Sandbox.Running;

namespace FlowQuota.Micro;

/// <summary>One run of a caller's code in a worker, without the pipe: engine, limits, log, result.</summary>
public class ExecutionBenchmarks
{
    private readonly ScriptRunner _runner = new(new RunLimits());

    /// <summary>The example of the README; its parsed script is in the cache, as it is for every call after the first.</summary>
    [Benchmark]
    public ExecutionOutcome RunHello() => _runner.Run("console.log(\"Hello\")", ReadOnlyMemory<byte>.Empty).Outcome;
}
