using FlowQuota.Telemetry;
using Microsoft.Extensions.Logging;

namespace FlowQuota.Functions.Gateways;

/// <summary>Counts and logs the calls that a gateway let pass although no decision was possible.</summary>
/// <param name="metrics">Counts each.</param>
/// <param name="time">Measures the pause between two lines.</param>
/// <param name="logger">Gets a line in a while.</param>
public sealed partial class UnmeteredPasses(FlowQuotaMetrics metrics, TimeProvider time, ILogger<UnmeteredPasses> logger)
{
    private readonly OutageLog _passed = new(time);

    /// <summary>Records a call.</summary>
    /// <param name="tokenId">The public id of its token.</param>
    /// <param name="requestId">The request.</param>
    /// <param name="reason">Why no decision was possible.</param>
    internal void Record(string tokenId, string requestId, string reason)
    {
        metrics.PassedUnmetered();
        if (_passed.Count() is > 0 and var count)
            LogPassed(logger, count, reason, tokenId, requestId);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message =
        "Let {Count} calls of gateways pass unmetered since the last such line: {Reason}; the last was {RequestId} of {TokenId}")]
    private static partial void LogPassed(ILogger logger, int count, string reason, string tokenId, string requestId);
}
