using FlowQuota.Admission;
using FlowQuota.Errors;
using FlowQuota.Execution;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace FlowQuota.Hosting;

/// <summary>
/// Runs the path of a call once before the first caller does: connects, loads the scripts, starts the sandbox. Otherwise
/// the first call after a start may take longer than a call may wait for Redis.
/// </summary>
internal sealed partial class WarmUp(QuotaLedger ledger, SandboxPool sandbox, ILogger<WarmUp> logger) : IHostedService
{
    // No token has this id, because it has no MAC.
    private const string NoToken = "flow_";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        try
        {
            sandbox.Start();
            await Task.WhenAll(ledger.PeekAsync(NoToken), sandbox.Ready).WaitAsync(Patience, cancellationToken);
        }
        catch (Exception e) when (e is StoreUnavailableException or TimeoutException)
        {
            // The start does not wait longer; the first call does the rest.
            LogLeft(logger, e.Message);
        }
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    [LoggerMessage(Level = LogLevel.Information, Message = "Warm-up left to the first call: {Reason}")]
    private static partial void LogLeft(ILogger logger, string reason);
}
