using System.Text;
using FlowQuota.Execution;
using FlowQuota.Sandbox.Protocol;
using FlowQuota.Telemetry;
using FlowQuota.Tests.Apps;
using Microsoft.Extensions.Logging;

namespace FlowQuota.Tests.Execution;

/// <summary>A pool of real worker processes, without the calls' admission.</summary>
public sealed class TestSandbox : IDisposable
{
    private readonly FlowQuotaMetrics _metrics = new();
    private readonly ILoggerFactory _loggers;
    private int _tokens;

    public TestSandbox(RunLimits run, int concurrency = 2, TimeSpan? slotWait = null)
    {
        Limits = new ExecutionLimits { Run = run, MaxConcurrency = concurrency, SlotWait = slotWait ?? TimeSpan.FromMinutes(1) };
        Slots = new ExecutionSlots(Limits, TimeProvider.System);
        _loggers = LoggerFactory.Create(logging => logging.AddProvider(Log));
        Pool = new SandboxPool(Limits, Slots, _metrics, _loggers.CreateLogger<SandboxPool>());
        Pool.Start();
    }

    public ExecutionLimits Limits { get; }

    public ExecutionSlots Slots { get; }

    public SandboxPool Pool { get; }

    public CapturedLog Log { get; } = new();

    /// <summary>Runs code as a token's call that has been admitted.</summary>
    /// <param name="code">The source.</param>
    /// <param name="token">The token; null = one of its own, so that no earlier run bears on this one.</param>
    /// <param name="input">JSON; empty = none.</param>
    /// <param name="cancellationToken">Stops the run.</param>
    public async Task<ExecutionOutcome> RunAsync(
        string code, string? token = null, string input = "", CancellationToken cancellationToken = default)
    {
        token ??= $"flow_{Interlocked.Increment(ref _tokens)}";
        using var slot = await Slots.TryEnterAsync(token, cancellationToken) ?? throw new TimeoutException("No slot came free");
        return await Pool.ExecuteAsync(slot, Encoding.UTF8.GetBytes(code), Encoding.UTF8.GetBytes(input), cancellationToken);
    }

    public void Dispose()
    {
        Pool.Dispose();
        _loggers.Dispose();
        _metrics.Dispose();
    }
}
