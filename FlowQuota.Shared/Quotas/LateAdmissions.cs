using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace FlowQuota.Quotas;

/// <summary>
/// Looks after admissions whose answer came too late for their caller, who was told 503: where Redis did take the cost,
/// it is given back (invariant 9, a refusal costs nothing).
/// </summary>
internal sealed partial class LateAdmissions(ILogger<LateAdmissions> logger) : ClosingService
{
    private readonly ConcurrentDictionary<Task, bool> _pending = new();

    /// <summary>Awaits the late answer and undoes what it says.</summary>
    /// <param name="call">The call.</param>
    /// <param name="answer">Its answer, still to come.</param>
    /// <param name="refund">Gives back what an admission took.</param>
    public void Undo(WaitingCall call, Task<Admission?> answer, Func<AdmittedCall, Task> refund)
    {
        var task = UndoAsync(call, answer, refund);
        _pending.TryAdd(task, true);
        _ = task.ContinueWith(done => _pending.TryRemove(done, out _), CancellationToken.None,
            TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
    }

    /// <inheritdoc/>
    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Task.CompletedTask;

    /// <inheritdoc/>
    protected override Task FinishAsync(CancellationToken cancellationToken) =>
        Task.WhenAny(Task.WhenAll(_pending.Keys), Task.Delay(TimeSpan.FromSeconds(3), cancellationToken));

    private async Task UndoAsync(WaitingCall call, Task<Admission?> answer, Func<AdmittedCall, Task> refund)
    {
        try
        {
            if (await answer.ConfigureAwait(false) is { Status: AdmissionStatus.Admitted })
                await refund(call.ToAdmitted(auditEvent: "", run: "")).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            // Redis went away with the answer; if it had taken the cost, the row is there with an outcome that never came.
            LogUnknown(logger, call.Token.TokenId, e.Message.ReplaceLineEndings(" "));
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Whether a late call of {TokenId} was admitted stays unknown: {Reason}")]
    private static partial void LogUnknown(ILogger logger, string tokenId, string reason);
}
