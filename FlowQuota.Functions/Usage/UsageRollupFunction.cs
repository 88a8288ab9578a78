using FlowQuota.Errors;
using FlowQuota.Settings;
using FlowQuota.Usage;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.Logging;

namespace FlowQuota.Functions.Usage;

/// <summary>Rolls the log up to usage, by a timer.</summary>
public sealed partial class UsageRollupFunction(UsageRollup rollup, ILogger<UsageRollupFunction> logger)
{
    /// <summary>Ticks every minute unless <c>USAGE_ROLLUP_SCHEDULE</c> is set, and runs if the last run is long enough ago.</summary>
    [Function("RollUpUsage")]
    public async Task RollUp([TimerTrigger($"%{FlowQuotaSettings.UsageSchedule}%")] TimerInfo timer, CancellationToken cancellationToken)
    {
        try
        {
            await rollup.RunIfDueAsync(cancellationToken);
        }
        catch (StoreUnavailableException e)
        {
            LogDeferred(logger, e.Store);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Roll-up of usage deferred: {Store} is unavailable; the next tick continues it")]
    private static partial void LogDeferred(ILogger logger, string store);
}
