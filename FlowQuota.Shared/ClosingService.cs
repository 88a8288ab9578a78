using Microsoft.Extensions.Hosting;

namespace FlowQuota;

/// <summary>
/// A background service that calls count on until the last of them has ended. The Functions worker stops its server after
/// our services, so being told to stop is too early: this one finishes when everything has stopped.
/// </summary>
public abstract class ClosingService : BackgroundService, IHostedLifecycleService
{
    /// <inheritdoc/>
    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Does nothing: calls may still be under way.</summary>
    public sealed override Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public async Task StoppedAsync(CancellationToken cancellationToken)
    {
        // A host that was stopped while it started may have served calls before it came to this service.
        if (ExecuteTask is null)
            await StartAsync(cancellationToken);
        await FinishAsync(cancellationToken);
        await base.StopAsync(cancellationToken);
    }

    /// <summary>Finishes what is in line; no call is left that could add to it.</summary>
    /// <param name="cancellationToken">Fires when the host waits no longer.</param>
    protected abstract Task FinishAsync(CancellationToken cancellationToken);
}
