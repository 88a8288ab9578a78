using Microsoft.Extensions.Logging;

namespace FlowQuota.Client.Middleware;

/// <summary>Writes a line in a while about requests that FlowQuota could not decide, because each of them would fill the log.</summary>
internal sealed partial class UndecidedLog(ILogger logger)
{
    private const int PauseMs = 10_000;

    private long _nextMs;
    private int _count;

    public void Write(UnavailableRule rule, string reason)
    {
        Interlocked.Increment(ref _count);
        long now = Environment.TickCount64, next = Volatile.Read(ref _nextMs);
        if (now < next || Interlocked.CompareExchange(ref _nextMs, now + PauseMs, next) != next)
            return;
        LogUndecided(logger, Interlocked.Exchange(ref _count, 0), rule == UnavailableRule.Allow ? "passed unmetered" : "were refused", reason);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "FlowQuota could not decide; {Count} requests {Outcome} since the last such line: {Reason}")]
    private static partial void LogUndecided(ILogger logger, int count, string outcome, string reason);
}
