using System.Diagnostics;
using Microsoft.Extensions.Logging;

namespace FlowQuota.Execution;

/// <summary>
/// Counts workers that died: delays their replacement if many die in a row, and logs at most once a minute. Called under
/// the pool's lock.
/// </summary>
internal sealed partial class WorkerDeaths(ILogger logger)
{
    private const int Unremarkable = 3;

    private static readonly TimeSpan FirstDelay = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LongestDelay = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LogInterval = TimeSpan.FromMinutes(1);

    private long _lastDeath;
    private long _lastLog;
    private int _unlogged;

    /// <summary>Workers that died since one last completed a run.</summary>
    public int InARow { get; private set; }

    /// <summary>Whether a replacement may be started now.</summary>
    public bool MayStart => InARow <= Unremarkable || Stopwatch.GetElapsedTime(_lastDeath) >= Delay;

    private TimeSpan Delay => FirstDelay * Math.Pow(2, Math.Min(InARow - Unremarkable, 10)) is var delay && delay < LongestDelay ? delay : LongestDelay;

    /// <summary>A worker completed a run.</summary>
    public void Forget() => InARow = 0;

    /// <summary>A worker died, or could not be started.</summary>
    /// <param name="end">Why.</param>
    /// <param name="tokenId">The token whose code it ran; null = none.</param>
    /// <param name="reason">Why it could not be started; null = it was.</param>
    public void Add(WorkerEnd end, string? tokenId = null, Exception? reason = null)
    {
        InARow++;
        _unlogged++;
        _lastDeath = Stopwatch.GetTimestamp();
        if (_lastLog != 0 && Stopwatch.GetElapsedTime(_lastLog) < LogInterval)
            return;
        LogDeaths(logger, reason, _unlogged, end, tokenId ?? "no token");
        (_unlogged, _lastLog) = (0, _lastDeath);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Count} sandbox workers ended and are replaced, the last by {End} in a run of {TokenId}")]
    private static partial void LogDeaths(ILogger logger, Exception? reason, int count, WorkerEnd end, string tokenId);
}
