using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Diagnosers;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using FlowQuota.Micro;

// Short runs in this process, without a build for each: all of them take about a minute. Without arguments all benchmarks
// run; otherwise the arguments are BenchmarkDotNet's own, such as --filter *Token*.
var config = DefaultConfig.Instance
    .AddJob(Job.ShortRun.WithToolchain(InProcessEmitToolchain.Instance))
    .AddDiagnoser(MemoryDiagnoser.Default)
    .WithOptions(ConfigOptions.JoinSummary);
BenchmarkSwitcher.FromAssembly(typeof(SampleEvents).Assembly).Run(args.Length == 0 ? ["--filter", "*"] : args, config);
