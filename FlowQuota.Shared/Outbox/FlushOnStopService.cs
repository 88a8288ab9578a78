using Microsoft.Extensions.Hosting;

namespace FlowQuota.Outbox;

/// <summary>
/// A background service that calls need until the last of them has ended. The Functions worker stops its server after
/// our services, so <see cref="StopAsync"/> is too early: this service finishes when everything has stopped.
/// </summary>
public abstract class FlushOnStopService : BackgroundService, IHostedLifecycleService
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
        // A host that was stopped during its start may have served calls before it started this service.
        if (ExecuteTask is null)
            await StartAsync(cancellationToken);
        await FinishAsync(cancellationToken);
        await base.StopAsync(cancellationToken);
    }

    /// <summary>Finishes the queued work; no call is left that could add to it.</summary>
    /// <param name="cancellationToken">Fires when the host stops waiting.</param>
    protected abstract Task FinishAsync(CancellationToken cancellationToken);
}
